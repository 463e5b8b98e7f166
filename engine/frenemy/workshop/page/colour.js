// Scenario colours come from the model; text in them is darkened until it is legible.

const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

function luminance(colour) {
  const [red, green, blue] = channels(colour).map((c) =>
    c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (light + 0.05) / (dark + 0.05);
}

function mixed(colour, other, share) {
  const to = channels(other);
  return `#${channels(colour)
    .map((c, at) =>
      Math.round(c + (to[at] - c) * share)
        .toString(16)
        .padStart(2, "0"),
    )
    .join("")}`;
}

/** The colour, darkened or lightened until text in it is legible (WCAG contrast of 4.6). */
export function legible(colour, paper = "#ffffff") {
  const towards = luminance(paper) > 0.4 ? "#000000" : "#ffffff";
  for (let step = 0; step <= 20; step += 1) {
    const shade = mixed(colour, towards, step / 20);
    if (contrast(shade, paper) >= 4.6) return shade;
  }
  return towards;
}
