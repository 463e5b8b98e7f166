/* The core loop by hand, in C: the same law on the same arrays, to see what Numba's code costs.
 *
 * `joints.h` is written from the engine's own tuples (see twin.py): Law, Rows, Marks, Sums and Sizes, field by field, each
 * array as a pointer to its first element, C order. Ticks are the outer loop, and state rows run over the paths of a
 * chunk, which is small enough to stay in the nearer caches. It shares no code with the kernel, so that their equal
 * counts also mean something.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "joints.h"

enum { OWN, FOLLOW_UP, QUEUE = 128, BINS = 1000, CELLS = 100, GROUP = 64, BATCHES = 32, BLOCK = 1024, CHUNK = 256 };
enum { DONE, QUEUE_FULL };

/* What the next tick needs; `paths` numbers in each row. */
typedef struct {
    double *x, *x_next, *scar, *s, *anchor, *mu; /* drivers rows each */
    double *left, *rate, *gate, *ends, *factor;  /* triggers rows each */
    int32_t *count, *followed, *before;          /* triggers rows: events, follow-ups of them, those of past years */
    double *extra;                               /* pairs rows */
    double *row, *stack;                         /* one row; depth + 1 rows */
    int32_t *fired, *latest, *busy;              /* one row each: clocks that ran out, the last of them, whose */
    double *due, *wait_time;                     /* due: one row; the queue is (paths, QUEUE) */
    int32_t *waiting, *wait_trigger;             /* one row; (paths, QUEUE) */
    int32_t *branch;                             /* calendar rows */
    int32_t *scenario, *streak, *spent;          /* one row; scenarios rows each */
    uint8_t *stays, *entered;                    /* one row; scenarios rows */
    uint16_t *bins;                              /* (ticks + 1) x drivers rows */
} State;

/* One slab holds the whole state, each array on a cache line of its own. */
typedef struct {
    char *base;
    size_t size;
} Slab;

static void *take(Slab *slab, size_t items, size_t width)
{
    char *at = slab->base ? slab->base + slab->size : NULL;
    slab->size += (items * width + 63) & ~(size_t)63;
    return at;
}

static void lay_out(State *st, Slab *slab, const Law *law, const Sizes *z)
{
    const size_t P = z->paths, D = z->drivers * P, K = z->triggers * P, S = z->scenarios * P;
    double **by_driver[] = {&st->x, &st->x_next, &st->scar, &st->s, &st->anchor, &st->mu};
    double **by_trigger[] = {&st->left, &st->rate, &st->gate, &st->ends, &st->factor};
    double **one_row[] = {&st->row, &st->due};
    for (int i = 0; i < 6; i++) *by_driver[i] = take(slab, D, 8);
    for (int i = 0; i < 5; i++) *by_trigger[i] = take(slab, K, 8);
    for (int i = 0; i < 2; i++) *one_row[i] = take(slab, P, 8);
    st->extra = take(slab, z->pairs * P, 8);
    st->stack = take(slab, (law->programs.depth + 1) * P, 8);
    st->wait_time = take(slab, QUEUE * P, 8);
    st->wait_trigger = take(slab, QUEUE * P, 4);
    st->count = take(slab, K, 4);
    st->followed = take(slab, K, 4);
    st->before = take(slab, K, 4);
    st->fired = take(slab, P, 4);
    st->latest = take(slab, P, 4);
    st->busy = take(slab, P, 4);
    st->waiting = take(slab, P, 4);
    st->branch = take(slab, z->calendar * P, 4);
    st->scenario = take(slab, P, 4);
    st->streak = take(slab, S, 4);
    st->spent = take(slab, S, 4);
    st->stays = take(slab, P, 1);
    st->entered = take(slab, S, 1);
    st->bins = take(slab, (law->ticks + 1) * D, 2);
}

/* exp to an ulp or so, clipped to +-708: branchless, so that the compiler vectorises the loops around it. */
static inline double exp_(double v)
{
    v = v < -708 ? -708 : v > 708 ? 708 : v;
    const double shifted = v * 1.4426950408889634 + 6755399441055744.0, n = shifted - 6755399441055744.0;
    const double r = (v - n * 0.6931471803691238) - n * 1.9082149292705877e-10;
    static const double term[] = {1. / 479001600, 1. / 39916800, 1. / 3628800, 1. / 362880, 1. / 40320, 1. / 5040,
                                  1. / 720,       1. / 120,      1. / 24,      1. / 6,      .5,         1., 1.};
    double p = term[0];
#pragma GCC unroll 12
    for (int i = 1; i < 13; i++) p = p * r + term[i];
    int64_t bits;
    memcpy(&bits, &shifted, 8);
    bits = (int64_t)((uint64_t)(bits + 1023) << 52);
    double power;
    memcpy(&power, &bits, 8);
    return p * power;
}

/* Four words of 64 bits from a key and a counter: Philox 4 x 64, ten rounds. */
typedef struct {
    uint64_t at[4];
} Words;

static inline Words words(const uint64_t *key, uint64_t path, uint64_t number)
{
    uint64_t c[4] = {number + 1, path, 0, 0}, k0 = key[0], k1 = key[1];
    for (int i = 0; i < 10; i++) {
        const unsigned __int128 one = (unsigned __int128)0xD2E7470EE14C6C93 * c[0];
        const unsigned __int128 two = (unsigned __int128)0xCA5A826395121157 * c[2];
        const uint64_t next[4] = {(uint64_t)(two >> 64) ^ c[1] ^ k0, (uint64_t)two, (uint64_t)(one >> 64) ^ c[3] ^ k1,
                                  (uint64_t)one};
        memcpy(c, next, sizeof c);
        k0 += 0x9E3779B97F4A7C15, k1 += 0xBB67AE8584CAA73B;
    }
    Words found;
    memcpy(found.at, c, sizeof c);
    return found;
}

static inline double uniform(uint64_t word) { return (double)(int64_t)(word >> 11) * 0x1p-53; }

static inline double exponential(uint64_t word) { return -log1p(-uniform(word)); }

static inline double ratio(const double *above, const double *below, double r)
{
    double a = above[0], b = below[0];
#pragma GCC unroll 7
    for (int i = 1; i < 8; i++) a = a * r + above[i], b = b * r + below[i];
    return a / b;
}

/* The normal quantile of a word: Wichura's AS 241. */
static double normal(uint64_t word)
{
    static const double middle[2][8] = {
        {2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
         1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080},
        {5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
         5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0}};
    static const double side[2][8] = {
        {7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258,
         3.64784832476320460504, 5.76949722146069140550, 4.63033784615654529590, 1.42343711074968357734},
        {1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
         6.89767334985100004550e-1, 1.67638483018380384940, 2.05319162663775882187, 1.0}};
    static const double far[2][8] = {
        {2.01033439929228813265e-7, 2.71155556874348757815e-5, 1.24266094738807843860e-3, 2.65321895265761230930e-2,
         2.96560571828504891230e-1, 1.78482653991729133580, 5.46378491116411436990, 6.65790464350110377720},
        {2.04426310338993978564e-15, 1.42151175831644588870e-7, 1.84631831751005468180e-5, 7.86869131145613259100e-4,
         1.48753612908506148525e-2, 1.36929880922735805310e-1, 5.99832206555887937690e-1, 1.0}};
    const double q = ((double)(int64_t)(word >> 12) + 0.5) * 0x1p-52 - 0.5;
    if (fabs(q) <= 0.425) return q * ratio(middle[0], middle[1], 0.180625 - q * q);
    const double r = sqrt(-log(0.5 - fabs(q)));
    return copysign(r > 5 ? ratio(far[0], far[1], r - 5) : ratio(side[0], side[1], r - 1.6), q);
}

static inline double to_index(double x) { return 100.0 / (1.0 + exp_(-x)); }

static void begin(State *st, const Law *law, const Rows *rows, const Marks *marks, const Sizes *z, const double *noise)
{
    const int P = z->paths, D = z->drivers, K = z->triggers;
    for (int d = 0; d < D; d++)
        for (int p = 0; p < P; p++) {
            st->x[d * P + p] = law->motion.level[d];
            st->scar[d * P + p] = law->motion.scar[d];
            st->anchor[d * P + p] = law->motion.anchor[d];
            st->s[d * P + p] = to_index(law->motion.level[d]);
        }
    for (int k = 0; k < K; k++)
        for (int p = 0; p < P; p++) {
            st->left[k * P + p] = exponential(words(marks->event + 2 * k, marks->path[z->first + p], 0).at[0]);
            st->gate[k * P + p] = st->ends[k * P + p] = -INFINITY;
        }
    for (int c = 0; c < z->calendar; c++)
        for (int p = 0; p < P; p++) {
            int b = 0;
            while (noise[rows->calendar[c] * z->width + p] >= law->calendar.cumulative[c * z->branches + b]) b++;
            st->branch[c * P + p] = b;
        }
    for (int p = 0; p < P; p++) {
        st->scenario[p] = law->rules.default_;
        st->due[p] = INFINITY;
        st->waiting[p] = z->imposed;
        for (int i = 0; i < z->imposed; i++) {
            st->wait_time[p * QUEUE + i] = law->initial.imposed_time[i];
            st->wait_trigger[p * QUEUE + i] = law->initial.imposed_trigger[i];
            st->due[p] = fmin(st->due[p], law->initial.imposed_time[i]);
        }
    }
    for (int i = 0; i < z->running; i++)
        for (int p = 0; p < P; p++) {
            const double sigma = law->initial.running_sigma[i];
            const double wait = sigma > 0 ? exp_(sigma * noise[rows->remaining[i] * z->width + p]) : 1;
            const int at = law->initial.running_trigger[i] * P + p;
            st->ends[at] = st->gate[at] = law->initial.running_median[i] * wait;
        }
}

/* Anchors and factors anew, in the ticks in which a branch begins or ceases to hold. */
static void calendar(State *st, const Law *law, const Sizes *z, int n)
{
    const int P = z->paths, D = z->drivers, K = z->triggers, B = z->branches;
    int changed = 0;
    for (int c = 0; c < z->calendar; c++) {
        changed |= n == law->calendar.tick[c] + 1;
        for (int b = 0; b < B; b++)
            changed |= n == law->calendar.shift_end[c * B + b] || n == law->calendar.factor_end[c * B + b];
    }
    if (!changed) return;
    for (int d = 0; d < D; d++)
        for (int p = 0; p < P; p++) st->anchor[d * P + p] = law->motion.anchor[d];
    memset(st->factor, 0, (size_t)K * P * sizeof *st->factor);
    for (int c = 0; c < z->calendar; c++) {
        if (n <= law->calendar.tick[c]) continue;
        for (int p = 0; p < P; p++) {
            const int at = c * B + st->branch[c * P + p];
            if (n < law->calendar.shift_end[at])
                for (int d = 0; d < D; d++) st->anchor[d * P + p] += law->calendar.shift[at * D + d];
            if (n < law->calendar.factor_end[at])
                for (int k = 0; k < K; k++) st->factor[k * P + p] += law->calendar.log_factor[at * K + k];
        }
    }
}

enum { NUMBER, LEVEL, COUNT, ACTIVE, ADD, SUBTRACT, MULTIPLY, DIVIDE, LT, LE, GT, GE, EQ, NE, AND, OR, NOT };

#define EACH(expression) for (int p = 0; p < P; p++) { a[p] = (expression); } break

/* The condition for every path, 1 or 0; episodes are active if they end after `now`. */
static const double *holds(State *st, const Law *law, const Sizes *z, int program, double now)
{
    const int P = z->paths;
    if (program < 0)
        for (int p = 0; p < P; p++) st->stack[p] = program == -1;
    int height = 0;
    for (int i = program < 0 ? 0 : law->programs.start[program]; program >= 0 && i < law->programs.start[program + 1]; i++) {
        const int op = law->programs.opcode[i], of = law->programs.operand[i];
        const double value = law->programs.value[i], *s = st->s + of * P, *ends = st->ends + of * P;
        const int32_t *count = st->count + of * P;
        height += op <= ACTIVE ? 1 : op == NOT ? 0 : -1;
        double *restrict a = st->stack + (height - 1) * P;
        const double *restrict b = a + P;
        switch (op) {
        case NUMBER: EACH(value);
        case LEVEL: EACH(s[p]);
        case COUNT: EACH(count[p]);
        case ACTIVE: EACH(ends[p] > now);
        case ADD: EACH(a[p] + b[p]);
        case SUBTRACT: EACH(a[p] - b[p]);
        case MULTIPLY: EACH(a[p] * b[p]);
        case DIVIDE: EACH(a[p] / b[p]);
        case LT: EACH(a[p] < b[p]);
        case LE: EACH(a[p] <= b[p]);
        case GT: EACH(a[p] > b[p]);
        case GE: EACH(a[p] >= b[p]);
        case EQ: EACH(a[p] == b[p]);
        case NE: EACH(a[p] != b[p]);
        case AND: EACH(a[p] * b[p]);
        case OR: EACH(a[p] > b[p] ? a[p] : b[p]);
        case NOT: EACH(1 - a[p]);
        }
    }
    return st->stack;
}

/* This tick's rates, each clock run down by them; `fired` counts those that ran out. */
static void rates(State *st, const Law *law, const Sizes *z, double start)
{
    const int P = z->paths, D = z->drivers;
    const Triggers *t = &law->triggers;
    double *restrict v = st->row;
    int32_t *restrict fired = st->fired, *restrict latest = st->latest;
    memset(fired, 0, P * sizeof *fired);
    for (int k = 0; k < z->triggers; k++) {
        double *restrict rate = st->rate + k * P, *restrict left = st->left + k * P;
        const double *restrict gate = st->gate + k * P, *restrict factor = st->factor + k * P;
        const double opens = fmax(start, t->opens[k]), closes = fmin(start + law->tick, t->closes[k]);
        if (opens >= closes || t->requires[k] == -2) {
            memset(rate, 0, P * sizeof *rate);
        } else {
            for (int p = 0; p < P; p++) v[p] = t->intercept[k] + factor[p];
            for (int d = 0; d < D; d++) {
                const double slope = t->slope[k * D + d], *restrict s = st->s + d * P;
                if (slope != 0)
                    for (int p = 0; p < P; p++) v[p] += slope * s[p];
            }
            for (int p = 0; p < P; p++) v[p] = exp_(v[p]);
            for (int q = 0; q < z->pairs; q++)
                if (law->pairs.target[q] == k)
                    for (int p = 0; p < P; p++) v[p] += st->extra[q * P + p];
            if (t->requires[k] >= 0) {
                const double *restrict open = holds(st, law, z, t->requires[k], start);
                for (int p = 0; p < P; p++) v[p] *= open[p];
            }
            for (int p = 0; p < P; p++) {
                const double since = gate[p] > opens ? gate[p] : opens, days = closes > since ? closes - since : 0;
                rate[p] = days > 0 ? v[p] : 0;
                left[p] -= rate[p] * days;
                fired[p] += left[p] < 0;
                latest[p] = left[p] < 0 ? k : latest[p];
            }
        }
    }
    for (int q = 0; q < z->pairs; q++)
        for (int p = 0; p < P; p++) {
            const double rest = st->extra[q * P + p] * law->pairs.keep[q];
            st->extra[q * P + p] = rest > 1e-100 ? rest : 0;
        }
}

static void add_scaled(double *restrict to, double factor, const double *restrict from, int P)
{
    if (factor != 0)
        for (int p = 0; p < P; p++) to[p] += factor * from[p];
}

/* The exact transition over the tick. */
static void move(State *st, const Law *law, const Rows *rows, const Sizes *z, const double *noise, int n)
{
    const int P = z->paths, D = z->drivers;
    memcpy(st->mu, st->anchor, (size_t)D * P * sizeof *st->mu);
    for (int k = 0; k < z->triggers; k++)
        for (int d = 0; d < D; d++) {
            const double shift = law->triggers.shift[k * D + d], *restrict ends = st->ends + k * P;
            double *restrict mu = st->mu + d * P;
            if (shift != 0)
                for (int p = 0; p < P; p++) mu[p] += ends[p] > n * law->tick ? shift : 0;
        }
    memset(st->x_next, 0, (size_t)D * P * sizeof *st->x_next);
    for (int d = 0; d < D; d++)
        for (int j = 0; j < D; j++) {
            double *next = st->x_next + d * P;
            add_scaled(next, law->motion.phi[d * D + j], st->x + j * P, P);
            add_scaled(next, law->motion.anchor_in[d * D + j], st->mu + j * P, P);
            add_scaled(next, law->motion.scar_in[d * D + j], st->scar + j * P, P);
            add_scaled(next, law->motion.shock[d * D + j], noise + (rows->drivers[j] + n) * z->width, P);
        }
    double *const free_row = st->x;
    st->x = st->x_next;
    st->x_next = free_row;
    for (int d = 0; d < D; d++)
        for (int p = 0; p < P; p++) st->scar[d * P + p] *= law->motion.heal[d * D + d];
}

/* Take the first thing that waits for path p out of its queue. */
static int next_waiting(State *st, int p)
{
    double *time = st->wait_time + p * QUEUE;
    int32_t *trigger = st->wait_trigger + p * QUEUE;
    int slot = 0;
    for (int i = 1; i < st->waiting[p]; i++)
        if (time[i] < time[slot]) slot = i;
    const int k = trigger[slot], last = --st->waiting[p];
    for (int i = slot; i < last; i++) time[i] = time[i + 1], trigger[i] = trigger[i + 1];
    st->due[p] = INFINITY;
    for (int i = 0; i < last; i++) st->due[p] = fmin(st->due[p], time[i]);
    return k;
}

/* Start the follow-ups that an event brings about. */
static int follow(State *st, const Law *law, const Marks *marks, const Sizes *z, int p, int k, int kind,
                  int64_t number, double time)
{
    const int links = z->links;
    for (int link = law->links.start[k]; link < law->links.start[k + 1]; link++) {
        const Words drawn = words(marks->link + 2 * (kind * links + link), marks->path[z->first + p], number);
        if (uniform(drawn.at[0]) >= law->links.chance[link]) continue;
        if (st->waiting[p] == QUEUE) return QUEUE_FULL;
        double delay = law->links.delay[link];
        if (law->links.delay_sigma[link] > 0)
            delay *= exp_(law->links.delay_sigma[link] * normal(drawn.at[1]));
        const int slot = p * QUEUE + st->waiting[p]++;
        st->wait_time[slot] = time + delay;
        st->wait_trigger[slot] = law->links.target[link];
        st->due[p] = fmin(st->due[p], time + delay);
    }
    return DONE;
}

/* An event of trigger k in path p, with all that it does at once. */
static int happen(State *st, const Law *law, const Marks *marks, const Sizes *z, Sums *sums, int n, int p, int k,
                  int kind, double time)
{
    const int P = z->paths, D = z->drivers, K = z->triggers, at = k * P + p;
    const Triggers *t = &law->triggers;
    const double start = n * law->tick, end = (n + 1) * law->tick;
    const int64_t number = kind == OWN ? st->count[at] - st->followed[at] : st->followed[at]++;
    const Words drawn = words(marks->event + 2 * (kind * K + k), marks->path[z->first + p], number + 1);
    const int count = ++st->count[at];
    sums->events[n * K + k]++;
    sums->draw_events[law->year[n] * K + k]++;
    sums->first_events[n * K + k] += count == 1;
    sums->draw_happened[k] += count == 1;

    const double old_gate = fmax(time, st->gate[at]), closes = fmin(end, t->closes[k]);
    if (t->episode[k]) {
        if (st->ends[at] > start) /* one that ended earlier in this tick */
            for (int d = 0; d < D; d++) st->x[d * P + p] += t->on_end[k * D + d];
        double lasts = t->duration[k];
        if (t->duration_sigma[k] > 0)
            lasts *= exp_(t->duration_sigma[k] * normal(drawn.at[2]));
        st->ends[at] = time + lasts;
        st->gate[at] = fmax(st->gate[at], time + lasts);
    }
    if (t->cooldown[k] > 0) st->gate[at] = fmax(st->gate[at], time + t->cooldown[k]);
    if (count >= t->max_count[k]) st->gate[at] = INFINITY;
    const double shut = fmax(fmin(st->gate[at], closes) - old_gate, 0); /* for how long of what was open */
    st->left[at] += st->rate[at] * shut;
    if (kind == OWN) st->left[at] += exponential(drawn.at[0]);
    else if (shut > 0 && st->gate[at] >= closes) st->left[at] = fmax(st->left[at], 0);
    double severity = 1;
    const double sigma = t->severity_sigma[k];
    if (sigma > 0) severity = exp_(sigma * normal(drawn.at[1]) - 0.5 * sigma * sigma);
    for (int d = 0; d < D; d++) {
        const double effect = severity * t->effect[k * D + d];
        st->x[d * P + p] += effect;
        st->scar[d * P + p] += t->lasting[k] * effect;
    }
    for (int q = law->pairs.start[k]; q < law->pairs.start[k + 1]; q++) st->extra[q * P + p] += law->pairs.jump[q];
    return follow(st, law, marks, z, p, k, kind, number, time);
}

/* One path's events of the tick, in the order of time. */
static int settle(State *st, const Law *law, const Marks *marks, const Sizes *z, Sums *sums, int n, int p)
{
    const int P = z->paths, one = st->fired[p] <= 1;
    const int first = one ? st->latest[p] : 0, last = one ? first + 1 : z->triggers;
    const double end = (n + 1) * law->tick;
    for (;;) {
        double time = end;
        int own = -1;
        for (int k = first; k < last; k++)
            if (st->left[k * P + p] < 0) {
                const double closes = fmin(end, law->triggers.closes[k]);
                const double candidate = closes + st->left[k * P + p] / st->rate[k * P + p];
                if (own < 0 || candidate < time) time = candidate, own = k;
            }
        int kind = OWN, k = own;
        if (st->due[p] < time) {
            time = st->due[p], kind = FOLLOW_UP, k = next_waiting(st, p);
            if (time < law->triggers.opens[k] || time >= law->triggers.closes[k] || st->ends[k * P + p] > time
                || st->count[k * P + p] >= law->triggers.max_count[k])
                continue;
        }
        if (k < 0) return DONE;
        const int status = happen(st, law, marks, z, sums, n, p, k, kind, time);
        if (status != DONE) return status;
    }
}

/* List the paths in which something happens. */
static int busy_paths(State *st, const Sizes *z, double end)
{
    const int P = z->paths;
    int busy = 0;
    for (int p = 0; p < P; p++) {
        st->busy[busy] = p;
        busy += (st->fired[p] > 0) | (st->due[p] < end);
    }
    return busy;
}

/* Effects of episodes that ended in the tick, and of the branches drawn in it. */
static void end_of_tick(State *st, const Law *law, const Sizes *z, int n)
{
    const int P = z->paths, D = z->drivers;
    const double start = n * law->tick, end = (n + 1) * law->tick;
    for (int k = 0; k < z->triggers; k++)
        for (int d = 0; d < D; d++) {
            const double effect = law->triggers.on_end[k * D + d], *restrict ends = st->ends + k * P;
            double *restrict x = st->x + d * P;
            if (effect != 0)
                for (int p = 0; p < P; p++) x[p] += (ends[p] > start) & (ends[p] <= end) ? effect : 0;
        }
    for (int c = 0; c < z->calendar; c++) {
        if (law->calendar.tick[c] != n) continue;
        for (int p = 0; p < P; p++) {
            const int at = c * z->branches + st->branch[c * P + p];
            for (int d = 0; d < D; d++) {
                const double effect = law->calendar.effect[at * D + d];
                st->x[d * P + p] += effect;
                st->scar[d * P + p] += law->calendar.lasting[at] * effect;
            }
        }
    }
}

/* The index after n ticks, its sums, and its bins. */
static void levels(State *st, const Sizes *z, Sums *sums, int n)
{
    const int P = z->paths, D = z->drivers;
    for (int d = 0; d < D; d++) {
        const double *restrict x = st->x + d * P;
        double *restrict s = st->s + d * P, lane[8] = {0}, square[8] = {0};
        uint16_t *restrict bins = st->bins + (n * D + d) * P;
        if (n > 0)
            for (int p = 0; p < P; p++) s[p] = to_index(x[p]);
        for (int p = 0; p < P / 8 * 8; p += 8)
            for (int i = 0; i < 8; i++) lane[i] += s[p + i], square[i] += s[p + i] * s[p + i];
        for (int p = P / 8 * 8; p < P; p++) lane[p % 8] += s[p], square[p % 8] += s[p] * s[p];
        for (int i = 0; i < 8; i++) sums->index_sum[n * D + d] += lane[i], sums->index_squares[n * D + d] += square[i];
        if (z->full)
            for (int p = 0; p < P; p++) bins[p] = s[p] * (BINS / 100.0) < BINS - 1 ? s[p] * (BINS / 100.0) : BINS - 1;
    }
}

/* The state machine of the rules. */
static void assess(State *st, const Law *law, const Sizes *z, double end)
{
    const int P = z->paths, S = z->scenarios, by_default = law->rules.default_;
    int32_t *restrict scenario = st->scenario;
    uint8_t *restrict stays = st->stays;
    memset(stays, 0, P);
    for (int j = 0; j < S; j++) {
        int32_t *restrict streak = st->streak + j * P;
        if (j == by_default) continue;
        const double *restrict true_ = holds(st, law, z, law->rules.enter[j], end);
        for (int p = 0; p < P; p++) streak[p] = true_[p] != 0 ? streak[p] + 1 : 0;
        true_ = holds(st, law, z, law->rules.leave[j], end);
        for (int p = 0; p < P; p++) {
            const int here = scenario[p] == j, remains = law->rules.absorbing[j] | (true_[p] == 0);
            stays[p] |= here & remains;
            streak[p] = here & !remains ? 0 : streak[p];
        }
    }
    for (int p = 0; p < P; p++) scenario[p] = stays[p] ? scenario[p] : by_default;
    for (int j = S - 1; j >= 0; j--) {
        const int32_t *restrict streak = st->streak + j * P;
        if (j != by_default)
            for (int p = 0; p < P; p++) scenario[p] = !stays[p] & (streak[p] >= law->rules.ticks[j]) ? j : scenario[p];
    }
}

static void count(State *st, const Law *law, const Sizes *z, Sums *sums, int n)
{
    const int P = z->paths, S = z->scenarios;
    for (int j = 0; j < S; j++) {
        uint8_t *restrict entered = st->entered + j * P;
        int32_t *restrict spent = st->spent + j * P;
        const int32_t *restrict scenario = st->scenario;
        int64_t squares = 0;
        for (int first = 0; first < P; first += GROUP) {
            int32_t inside = 0, fresh = 0, growth = 0;
            for (int p = first; p < (first + GROUP < P ? first + GROUP : P); p++) {
                const int here = scenario[p] == j;
                inside += here;
                fresh += here & !entered[p];
                entered[p] |= here;
                growth += here * (2 * spent[p] + 1);
                spent[p] += here;
            }
            const int64_t at = ((z->block * BLOCK + z->first + first) / GROUP % BATCHES * law->ticks + n) * S + j;
            sums->occupancy[at] += inside;
            sums->first_entry[at] += fresh;
            squares += growth;
        }
        sums->share_squares[n * S + j] += squares;
    }
}

/* Events of the year that ends. */
static void end_of_year(State *st, const Sizes *z, Sums *sums, int year)
{
    const int P = z->paths, K = z->triggers;
    for (int k = 0; k < K; k++)
        for (int p = 0; p < P; p++) {
            const int number = st->count[k * P + p] - st->before[k * P + p];
            st->before[k * P + p] = st->count[k * P + p];
            sums->year_happened[year * K + k] += number > 0;
            sums->year_squares[year * K + k] += number * number;
        }
}

static void finish(State *st, const Law *law, const Sizes *z, Sums *sums)
{
    const int P = z->paths, D = z->drivers;
    if (z->full) {
        const size_t levels = (law->ticks + 1) * D;
        for (size_t i = 0; i < levels; i++)
            for (int p = 0; p < P; p++) sums->histogram[(st->scenario[p] * levels + i) * BINS + st->bins[i * P + p]]++;
        for (int p = 0; p < P; p++) {
            const int i = st->s[p], j = st->s[(D > 1 ? P : 0) + p];
            sums->plane[(st->scenario[p] * CELLS + (i < CELLS ? i : CELLS - 1)) * CELLS + (j < CELLS ? j : CELLS - 1)]++;
        }
    }
    for (int k = 0; k < z->triggers; k++)
        for (int p = 0; p < P; p++) sums->event_squares[k] += (int64_t)st->count[k * P + p] * st->count[k * P + p];
    for (int c = 0; c < z->calendar; c++)
        for (int p = 0; p < P; p++) sums->branches[c * z->branches + st->branch[c * P + p]]++;
}

static int simulate_chunk(const Law *law, const Rows *rows, const Marks *marks, const Sizes *z, const double *noise,
                          Sums *sums)
{
    State st;
    Slab slab = {NULL, 0};
    lay_out(&st, &slab, law, z);
    char *memory = calloc(slab.size + 64, 1);
    slab = (Slab){memory + (64 - (uintptr_t)memory % 64), 0};
    lay_out(&st, &slab, law, z);
    begin(&st, law, rows, marks, z, noise);
    levels(&st, z, sums, 0);
    int status = DONE;
    for (int n = 0; n < law->ticks && status == DONE; n++) {
        const double start = n * law->tick, end = (n + 1) * law->tick;
        calendar(&st, law, z, n);
        rates(&st, law, z, start);
        move(&st, law, rows, z, noise, n);
        const int busy = busy_paths(&st, z, end);
        for (int i = 0; i < busy && status == DONE; i++)
            status = settle(&st, law, marks, z, sums, n, st.busy[i]);
        end_of_tick(&st, law, z, n);
        levels(&st, z, sums, n + 1);
        assess(&st, law, z, end);
        count(&st, law, z, sums, n);
        if (n + 1 == law->ticks || law->year[n + 1] > law->year[n]) end_of_year(&st, z, sums, law->year[n]);
    }
    if (status == DONE) finish(&st, law, z, sums);
    free(memory);
    return status;
}

int simulate(const Law *law, const Rows *rows, const Marks *marks, const Sizes *block, const double *noise, Sums *sums)
{
    int status = DONE;
    Sizes chunk = *block;
    for (chunk.first = 0; chunk.first < block->paths && status == DONE; chunk.first += CHUNK) {
        chunk.paths = block->paths - chunk.first < CHUNK ? block->paths - chunk.first : CHUNK;
        status = simulate_chunk(law, rows, marks, &chunk, noise + chunk.first, sums);
    }
    return status;
}
