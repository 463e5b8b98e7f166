// Binary frames: the head's length in 4 bytes | the head as JSON | little-endian float32, or a file's bytes.

/** `{ head, arrays: { name: { shape, data: Float32Array } }, bytes }` of an ArrayBuffer. */
export function unpack(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const begin = 4 + length;
  if (!head.arrays) return { head, arrays: {}, bytes: new Uint8Array(buffer, begin) };
  const arrays = {};
  for (const [name, { at, shape }] of Object.entries(head.arrays)) {
    const size = shape.reduce((product, n) => product * n, 1);
    arrays[name] = { shape, data: new Float32Array(buffer, begin + 4 * at, size) };
  }
  return { head, arrays, bytes: null };
}

/** Column `j` of a (rows, columns) array. */
export function column({ shape, data }, j) {
  const out = new Float32Array(shape[0]);
  for (let n = 0; n < shape[0]; n += 1) out[n] = data[n * shape[1] + j];
  return out;
}

/** The seven quantiles of column `j` of a (7, rows, columns) array, or null where they are not known. */
export function quantiles({ shape, data }, j) {
  const [rows, ticks, columns] = shape;
  if (Number.isNaN(data[(ticks - 1) * columns + j])) return null; // the start may be known before the rest
  return Array.from({ length: rows }, (_, q) => {
    const out = new Float32Array(ticks);
    for (let n = 0; n < ticks; n += 1) out[n] = data[(q * ticks + n) * columns + j];
    return out;
  });
}
