// The int8 kernels of the engine on a CPU: plain C functions over row-major arrays, for one thread.
//
// A product takes float32 rows, quantises each by its own largest value, multiplies 8-bit integers
// into 32-bit sums (exact, so a row's result depends on nothing beside it), and returns to float32
// in its epilogue: scale, bias, activation and, where asked, residual and layer norm. Weights are
// quantised per output channel and laid out once in panels of 64 channels by 4 inputs, the shape of
// one vpdpbusd instruction (AVX-512 VNNI, AVX-VNNI). Other processors run the portable loops below,
// with the same integers.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

constexpr int64_t kPanel = 64;  // channels of a panel
constexpr int64_t kGroup = 4;   // inputs that one instruction sums
constexpr int64_t kTile = 6;    // rows of a tile: 6 x 64 sums fill the AVX-512 registers
constexpr int64_t kChunk = 96;  // rows quantised and finished together, to stay in the L2 cache
constexpr int64_t kLanes = 16;  // numbers in a vector, whatever the processor makes of one
constexpr int64_t kSpare = 4;   // candidates more than asked for, before they are computed exactly
constexpr float kLog2e = 1.44269504088896341f;
constexpr float kLowest = -std::numeric_limits<float>::infinity();

int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

template <typename T>
T* aligned(int64_t count) {
  void* memory = std::aligned_alloc(64, std::max<int64_t>(64, round_up(count * sizeof(T), 64)));
  if (memory == nullptr) throw std::bad_alloc();
  return static_cast<T*>(memory);
}

// Memory of one thread that grows and is kept.
template <typename T>
class Scratch {
 public:
  ~Scratch() { std::free(data_); }
  T* get(int64_t count) {
    if (count > size_) {
      std::free(data_);
      data_ = nullptr;
      size_ = 0;
      data_ = aligned<T>(count);
      size_ = count;
    }
    return data_;
  }

 private:
  T* data_ = nullptr;
  int64_t size_ = 0;
};

// ---- Vectors: the compiler's own type, so that one text serves every processor ----

typedef float Vector __attribute__((vector_size(64)));
typedef int32_t Ints __attribute__((vector_size(64)));
typedef uint32_t Bits __attribute__((vector_size(64)));
typedef float LooseVector __attribute__((vector_size(64), aligned(4), may_alias));
typedef int32_t LooseInts __attribute__((vector_size(64), aligned(4), may_alias));
typedef uint32_t LooseBits __attribute__((vector_size(64), aligned(4), may_alias));

inline Vector load(const float* p) { return *reinterpret_cast<const LooseVector*>(p); }
inline Ints load(const int32_t* p) { return *reinterpret_cast<const LooseInts*>(p); }
inline Bits load(const uint32_t* p) { return *reinterpret_cast<const LooseBits*>(p); }
inline void store(float* p, Vector v) { *reinterpret_cast<LooseVector*>(p) = v; }
inline Vector all(float x) { return Vector{} + x; }
inline Vector larger(Vector a, Vector b) { return a > b ? a : b; }

inline float sum_of(Vector v) {
#if defined(__AVX512F__)
  return _mm512_reduce_add_ps((__m512)(v));
#else
  float sum = 0.0f;
  for (int64_t i = 0; i < kLanes; ++i) sum += v[i];
  return sum;
#endif
}

inline float peak_of(Vector v) {
#if defined(__AVX512F__)
  return _mm512_reduce_max_ps((__m512)(v));
#else
  float peak = v[0];
  for (int64_t i = 1; i < kLanes; ++i) peak = std::max(peak, v[i]);
  return peak;
#endif
}

inline bool any_above(Vector v, float limit) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)(v), _mm512_set1_ps(limit), _CMP_GT_OQ) != 0;
#else
  return peak_of(v) > limit;
#endif
}

// Adding and taking away 1.5 * 2^23 leaves the nearest whole number.
inline Vector nearest(Vector x) {
  const Vector magic = all(12582912.0f);
  return (x + magic) - magic;
}

// 2^x to 3e-6, for x up to 127: powers of two by the exponent, the rest by its Taylor series.
inline Vector exp2_of(Vector x) {
  x = larger(x, all(-126.0f));
  const Vector n = nearest(x), f = x - n;
  Vector p = all(1.3333558e-3f);
  p = p * f + 9.6181291e-3f;
  p = p * f + 5.5504109e-2f;
  p = p * f + 2.4022651e-1f;
  p = p * f + 6.9314718e-1f;
  p = p * f + 1.0f;
  const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
  return p * (Vector)exponent;
}

inline Vector smaller(Vector a, Vector b) { return a < b ? a : b; }

inline Vector exp_of(Vector x) { return exp2_of(smaller(x * kLog2e, all(126.0f))); }

inline Vector inverse_of(Vector x) {
#if defined(__AVX512F__)
  // Fourteen bits from the table, doubled by one step of Newton's method.
  const Vector r = (Vector)(_mm512_rcp14_ps((__m512)(x)));
  return r * (2.0f - x * r);
#else
  return 1.0f / x;
#endif
}

inline Vector absolute(Vector x) {
  const Bits kept = (Bits)x & 0x7fffffffu;
  return (Vector)kept;
}

inline Vector with_sign_of(Vector magnitude, Vector x) { return x < 0.0f ? -magnitude : magnitude; }

// Calls f on every vector of x and stores what it returns; a last part is padded with zeros.
template <typename F>
inline void map_row(float* x, int64_t n, F f) {
  int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) store(x + i, f(load(x + i), i));
  if (i < n) {
    alignas(64) float rest[kLanes] = {};
    std::copy_n(x + i, n - i, rest);
    store(rest, f(load(rest), i));
    std::copy_n(rest, n - i, x + i);
  }
}

// ---- What surrounds the products ----

enum Activation { kNone, kRelu, kSwish, kGelu, kGeluTanh, kTanh };

inline Vector tanh_of(Vector x) {
  const Vector e = exp_of(-2.0f * absolute(x));
  return with_sign_of((1.0f - e) * inverse_of(1.0f + e), x);
}

// Abramowitz and Stegun 7.1.26.
inline Vector erf_of(Vector x) {
  const Vector a = absolute(x), t = inverse_of(1.0f + 0.3275911f * a);
  Vector p = all(1.061405429f);
  p = p * t - 1.453152027f;
  p = p * t + 1.421413741f;
  p = p * t - 0.284496736f;
  p = p * t + 0.254829592f;
  return with_sign_of(1.0f - p * t * exp_of(-a * a), x);
}

void activate(float* y, int64_t n, int activation) {
  switch (activation) {
    case kRelu:
      return map_row(y, n, [](Vector v, int64_t) { return larger(v, Vector{}); });
    case kSwish:
      return map_row(y, n, [](Vector v, int64_t) { return v * inverse_of(1.0f + exp_of(-v)); });
    case kGelu:
      return map_row(y, n, [](Vector v, int64_t) {
        return 0.5f * v * (1.0f + erf_of(v * 0.70710678118654752f));
      });
    case kGeluTanh:
      return map_row(y, n, [](Vector v, int64_t) {
        return 0.5f * v * (1.0f + tanh_of(0.79788456080286536f * (v + 0.044715f * v * v * v)));
      });
    case kTanh:
      return map_row(y, n, [](Vector v, int64_t) { return tanh_of(v); });
    default:
      return;
  }
}

void layer_norm(float* y, int64_t n, const float* gamma, const float* beta) {
  float sum = 0.0f, squares = 0.0f;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += y[i];
  const float mean = sum / static_cast<float>(n);
#pragma omp simd reduction(+ : squares)
  for (int64_t i = 0; i < n; ++i) squares += (y[i] - mean) * (y[i] - mean);
  const float rate = 1.0f / std::sqrt(squares / static_cast<float>(n) + 1e-5f);
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = (y[i] - mean) * rate * gamma[i] + beta[i];
}

// Quantises a row to unsigned bytes around 128 and returns the size of one step.
float quantise(const float* x, int64_t n, int64_t padded, uint8_t* out) {
  float peak = 0.0f;
#pragma omp simd reduction(max : peak)
  for (int64_t i = 0; i < n; ++i) peak = std::max(peak, std::fabs(x[i]));
  const float inverse = peak > 0.0f ? 127.0f / peak : 0.0f;
  int64_t i = 0;
#if defined(__AVX512F__)
  for (; i + kLanes <= n; i += kLanes) {
    const __m512i whole = _mm512_cvtps_epi32((__m512)(load(x + i) * inverse));
    const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_add_epi32(whole, _mm512_set1_epi32(128)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
  }
#endif
  for (; i < n; ++i)
    out[i] = static_cast<uint8_t>(static_cast<int32_t>(__builtin_rintf(x[i] * inverse)) + 128);
  for (; i < padded; ++i) out[i] = 128;
  return peak / 127.0f;
}

// ---- Products ----

// sums[r][c] = sum over k of rows[r][k] weights[k][c], for R rows and the channels of one panel.
template <int R>
inline void tile(const uint8_t* rows, int64_t stride, const int8_t* panel, int64_t groups,
                 int32_t* sums) {
#if defined(__AVX512VNNI__)
  __m512i acc[R][4];
  // Unrolled by hand of the compiler: only then do the sums live in registers throughout.
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) acc[r][v] = _mm512_setzero_si512();
  for (int64_t k = 0; k < groups; ++k) {
    const __m512i w0 = _mm512_load_si512(panel), w1 = _mm512_load_si512(panel + 64);
    const __m512i w2 = _mm512_load_si512(panel + 128), w3 = _mm512_load_si512(panel + 192);
    panel += kPanel * kGroup;
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      int32_t four;
      std::memcpy(&four, rows + r * stride + k * kGroup, sizeof four);
      const __m512i a = _mm512_set1_epi32(four);
      acc[r][0] = _mm512_dpbusd_epi32(acc[r][0], a, w0);
      acc[r][1] = _mm512_dpbusd_epi32(acc[r][1], a, w1);
      acc[r][2] = _mm512_dpbusd_epi32(acc[r][2], a, w2);
      acc[r][3] = _mm512_dpbusd_epi32(acc[r][3], a, w3);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) _mm512_store_si512(sums + r * kPanel + v * 16, acc[r][v]);
#elif defined(__AVXVNNI__)
  // Sixteen 256-bit registers: two halves of the panel, one row at a time.
  for (int r = 0; r < R; ++r) {
    __m256i acc[8];
    for (auto& a : acc) a = _mm256_setzero_si256();
    const int8_t* w = panel;
    for (int64_t k = 0; k < groups; ++k, w += kPanel * kGroup) {
      int32_t four;
      std::memcpy(&four, rows + r * stride + k * kGroup, sizeof four);
      const __m256i a = _mm256_set1_epi32(four);
#pragma GCC unroll 8
      for (int v = 0; v < 8; ++v)
        acc[v] = _mm256_dpbusd_avx_epi32(
            acc[v], a, _mm256_load_si256(reinterpret_cast<const __m256i*>(w + v * 32)));
    }
    for (int v = 0; v < 8; ++v)
      _mm256_store_si256(reinterpret_cast<__m256i*>(sums + r * kPanel + v * 8), acc[v]);
  }
#else
  std::fill(sums, sums + R * kPanel, 0);
  for (int64_t k = 0; k < groups; ++k, panel += kPanel * kGroup)
    for (int r = 0; r < R; ++r) {
      const uint8_t* a = rows + r * stride + k * kGroup;
      for (int64_t c = 0; c < kPanel; ++c) {
        int32_t sum = 0;
        for (int64_t j = 0; j < kGroup; ++j)
          sum += static_cast<int32_t>(a[j]) * static_cast<int32_t>(panel[c * kGroup + j]);
        sums[r * kPanel + c] += sum;
      }
    }
#endif
}

void tile_any(int64_t count, const uint8_t* rows, int64_t stride, const int8_t* panel,
              int64_t groups, int32_t* sums) {
  switch (count) {
    case 1: return tile<1>(rows, stride, panel, groups, sums);
    case 2: return tile<2>(rows, stride, panel, groups, sums);
    case 3: return tile<3>(rows, stride, panel, groups, sums);
    case 4: return tile<4>(rows, stride, panel, groups, sums);
    case 5: return tile<5>(rows, stride, panel, groups, sums);
    default: return tile<6>(rows, stride, panel, groups, sums);
  }
}

struct Linear {
  int64_t channels, inputs, panels, groups, stride;
  int activation;
  int8_t* packed;       // [panels][groups][64][4]
  float *scale, *bias;  // [panels * 64]
  int32_t* correction;  // 128 times the sum of a channel's weights

  // Part v of a panel's results for one row, from its sums.
  Vector finish(const int32_t* sums, int64_t panel, int64_t v, float step) const {
    const int64_t c = panel * kPanel + v * kLanes;
    const Vector whole = __builtin_convertvector(load(sums + v * kLanes) - load(correction + c), Vector);
    return whole * (load(scale + c) * step) + load(bias + c);
  }
};

// A map of nothing: no channel of it is ever the best.
Linear* blank(int64_t channels, int64_t inputs, int activation) {
  auto* map = new Linear{};
  map->channels = channels;
  map->inputs = inputs;
  map->activation = activation;
  map->panels = round_up(channels, kPanel) / kPanel;
  map->groups = round_up(inputs, kGroup) / kGroup;
  map->stride = map->groups * kGroup;
  const int64_t all = map->panels * kPanel;
  map->packed = aligned<int8_t>(all * map->stride);
  map->scale = aligned<float>(all);
  map->bias = aligned<float>(all);
  map->correction = aligned<int32_t>(all);
  std::memset(map->packed, 0, all * map->stride);
  std::fill(map->scale, map->scale + all, 0.0f);
  std::fill(map->bias, map->bias + all, kLowest);
  std::fill(map->correction, map->correction + all, 0);
  return map;
}

// Takes `value` into the `count` highest so far, if it is one; of equals the first stays first.
inline void rank(float value, int64_t id, int64_t count, float* values, int64_t* ids) {
  if (!(value > values[count - 1])) return;
  int64_t place = count - 1;
  for (; place > 0 && value > values[place - 1]; --place) {
    values[place] = values[place - 1];
    ids[place] = ids[place - 1];
  }
  values[place] = value;
  ids[place] = id;
}

// ---- Attention ----
//
// Keys, values, queries and shares are rounded to bfloat16 (1 part in 512, below the error of the
// int8 products around them) and held in pairs, one pair in 32 bits: of two neighbouring features
// for keys and queries, of two neighbouring entries for values and shares. A step of a sum over
// pairs is then one instruction where there is vdpbf16ps, and four elsewhere. Each head has
//   keys   [width / 2][entries] pairs   and   values [entries / 2][wide] pairs,
// with entries a multiple of 16, and wide the width rounded up to one.

typedef uint16_t Half;

inline Half narrow(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<Half>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);  // to nearest even
}

inline uint32_t pair_of(float low, float high) {
  return static_cast<uint32_t>(narrow(low)) | static_cast<uint32_t>(narrow(high)) << 16;
}

// x [2 n] to n pairs of neighbours.
inline void pair_row(const float* x, int64_t n, uint32_t* out) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) out[i] = pair_of(x[2 * i], x[2 * i + 1]);
}

inline Vector add_pairs(Vector sum, uint32_t a, Bits b) {
#if defined(__AVX512BF16__)
  return (Vector)(
      _mm512_dpbf16_ps((__m512)(sum),
                       (__m512bh)(_mm512_set1_epi32(static_cast<int32_t>(a))),
                       (__m512bh)(b)));
#else
  const Bits low = b << 16, high = b & 0xffff0000u;
  const uint32_t bits[2] = {a << 16, a & 0xffff0000u};
  float x[2];
  std::memcpy(x, bits, sizeof x);
  return sum + x[0] * (Vector)low +
         x[1] * (Vector)high;
#endif
}

// out[q][c] = sum over k of rows[q][k] matrix[k][c], for Q rows of pairs and C vectors of columns.
template <int Q, int C>
inline void pair_product(const uint32_t* rows, int64_t stride, const uint32_t* matrix,
                         int64_t matrix_stride, int64_t depth, float* out, int64_t out_stride) {
  Vector sums[Q][C];
#pragma GCC unroll 8
  for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[q][c] = Vector{};
  for (int64_t k = 0; k < depth; ++k, matrix += matrix_stride) {
    Bits part[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) part[c] = load(matrix + c * kLanes);
#pragma GCC unroll 8
    for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[q][c] = add_pairs(sums[q][c], rows[q * stride + k], part[c]);
  }
#pragma GCC unroll 8
  for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) store(out + q * out_stride + c * kLanes, sums[q][c]);
}

template <int Q>
inline void pair_rows(const uint32_t* rows, int64_t stride, const uint32_t* matrix,
                      int64_t matrix_stride, int64_t columns, int64_t depth, float* out,
                      int64_t out_stride) {
  // As many sums at once as hide the latency of an instruction, along memory as it lies.
  int64_t c = 0;
  for (; c + 4 * kLanes <= columns; c += 4 * kLanes)
    pair_product<Q, 4>(rows, stride, matrix + c, matrix_stride, depth, out + c, out_stride);
  for (; c + 2 * kLanes <= columns; c += 2 * kLanes)
    pair_product<Q, 2>(rows, stride, matrix + c, matrix_stride, depth, out + c, out_stride);
  for (; c < columns; c += kLanes)
    pair_product<Q, 1>(rows, stride, matrix + c, matrix_stride, depth, out + c, out_stride);
}

// The same for any number of rows and columns (a multiple of 16).
void pair_products(int64_t count, const uint32_t* rows, int64_t stride, const uint32_t* matrix,
                   int64_t matrix_stride, int64_t columns, int64_t depth, float* out,
                   int64_t out_stride) {
  const auto some = [&](auto product, int64_t n) {
    product(rows, stride, matrix, matrix_stride, columns, depth, out, out_stride);
    rows += n * stride;
    out += n * out_stride;
    count -= n;
  };
  while (count >= 6) some(pair_rows<6>, 6);
  if (count >= 4) some(pair_rows<4>, 4);
  if (count >= 2) some(pair_rows<2>, 2);
  if (count >= 1) some(pair_rows<1>, 1);
}

struct Shape {
  int64_t heads, width, wide, size;
  Shape(int64_t heads, int64_t width)
      : heads(heads), width(width), wide(round_up(width, kLanes)), size(heads * width) {}
  int64_t keys(int64_t entries) const { return width / 2 * entries; }
  int64_t values(int64_t entries) const { return entries / 2 * wide; }
  int64_t block(int64_t entries) const { return heads * (keys(entries) + values(entries)); }
};

// Writes entry `at` of `entries`: key and value [size] of all heads.
void write_entry(const Shape& shape, const float* key, const float* value, int64_t at,
                 int64_t entries, uint32_t* block) {
  uint32_t* keys = block;
  auto* values = reinterpret_cast<Half*>(block + shape.heads * shape.keys(entries));
  for (int64_t h = 0; h < shape.heads; ++h) {
    for (int64_t c = 0; c < shape.width / 2; ++c)
      keys[c * entries + at] = pair_of(key[2 * c], key[2 * c + 1]);
    Half* row = values + at / 2 * 2 * shape.wide + at % 2;
    for (int64_t c = 0; c < shape.width; ++c) row[2 * c] = narrow(value[c]);
    keys += shape.keys(entries);
    values += 2 * shape.values(entries);
    key += shape.width;
    value += shape.width;
  }
}

// Attends from `count` queries [count, stride] over the first `used` entries of a block; masks
// [count, used] are added to the scores if given. out [count, size].
void attend(const Shape& shape, const float* queries, int64_t stride, int64_t count,
            const uint32_t* block, int64_t entries, int64_t used, const float* masks, float* out) {
  static thread_local Scratch<float> floats;
  static thread_local Scratch<uint32_t> words;
  const int64_t columns = round_up(used, kLanes), pairs = shape.width / 2;
  float* scores = floats.get(count * (columns + shape.wide));
  float* found = scores + count * columns;
  uint32_t* asked = words.get(count * (pairs + columns / 2));
  uint32_t* shares = asked + count * pairs;
  const uint32_t* keys = block;
  const uint32_t* values = block + shape.heads * shape.keys(entries);
  for (int64_t h = 0; h < shape.heads; ++h) {
    for (int64_t q = 0; q < count; ++q)
      pair_row(queries + q * stride + h * shape.width, pairs, asked + q * pairs);
    pair_products(count, asked, pairs, keys, entries, columns, pairs, scores, columns);
    for (int64_t q = 0; q < count; ++q) {
      float* s = scores + q * columns;
      if (masks != nullptr)
        for (int64_t i = 0; i < used; ++i) s[i] += masks[q * used + i];
      for (int64_t i = used; i < columns; ++i) s[i] = kLowest;
      Vector peaks = load(s), totals = Vector{};
      for (int64_t i = kLanes; i < columns; i += kLanes) peaks = larger(peaks, load(s + i));
      const float peak = peak_of(peaks);
      for (int64_t i = 0; i < columns; i += kLanes) {
        // Below 2^-120 it is nothing, and what is hidden must be nothing.
        const Vector x = (load(s + i) - peak) * kLog2e;
        const Vector share = x < -120.0f ? Vector{} : exp2_of(x);
        totals += share;
        store(s + i, share);
      }
      const float inverse = 1.0f / sum_of(totals);
      for (int64_t i = 0; i < columns; i += kLanes) store(s + i, load(s + i) * inverse);
      pair_row(s, columns / 2, shares + q * (columns / 2));
    }
    pair_products(count, shares, columns / 2, values, shape.wide, shape.wide, columns / 2, found,
                  shape.wide);
    for (int64_t q = 0; q < count; ++q)
      std::copy_n(found + q * shape.wide, shape.width, out + q * shape.size + h * shape.width);
    keys += shape.keys(entries);
    values += shape.values(entries);
  }
}

}  // namespace

extern "C" {

int kortom_instructions() {
#if defined(__AVX512VNNI__)
  return 2;
#elif defined(__AVXVNNI__)
  return 1;
#else
  return 0;
#endif
}

// weight [channels, inputs], bias [channels]. Returns null when memory runs out.
void* kortom_linear_new(const float* weight, const float* bias, int64_t channels, int64_t inputs,
                        int activation) try {
  Linear* map = blank(channels, inputs, activation);
  for (int64_t c = 0; c < channels; ++c) {
    const float* row = weight + c * inputs;
    float peak = 0.0f;
    for (int64_t k = 0; k < inputs; ++k) peak = std::max(peak, std::fabs(row[k]));
    const float inverse = peak > 0.0f ? 127.0f / peak : 0.0f;
    int8_t* panel = map->packed + c / kPanel * kPanel * map->stride + c % kPanel * kGroup;
    int32_t sum = 0;
    for (int64_t k = 0; k < inputs; ++k) {
      const auto q = static_cast<int8_t>(__builtin_rintf(row[k] * inverse));
      panel[k / kGroup * kPanel * kGroup + k % kGroup] = q;
      sum += q;
    }
    map->scale[c] = peak / 127.0f;
    map->correction[c] = 128 * sum;
    map->bias[c] = bias[c];
  }
  return map;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void kortom_linear_free(void* handle) {
  auto* map = static_cast<Linear*>(handle);
  std::free(map->packed);
  std::free(map->scale);
  std::free(map->bias);
  std::free(map->correction);
  delete map;
}

// y [rows, channels] = activation(x [rows, inputs] weight' + bias); with a residual (same shape as
// y) added, and a layer norm after that, where they are given. Returns 0, or 1 when memory runs out.
int kortom_linear(const void* handle, const float* x, int64_t rows, float* y, const float* residual,
                  const float* gamma, const float* beta) try {
  const auto& map = *static_cast<const Linear*>(handle);
  static thread_local Scratch<uint8_t> bytes;
  alignas(64) int32_t sums[kTile * kPanel];
  float steps[kChunk];
  uint8_t* quantised = bytes.get(kChunk * map.stride);
  for (int64_t first = 0; first < rows; first += kChunk) {
    const int64_t count = std::min(kChunk, rows - first);
    for (int64_t r = 0; r < count; ++r)
      steps[r] = quantise(x + (first + r) * map.inputs, map.inputs, map.stride,
                          quantised + r * map.stride);
    for (int64_t p = 0; p < map.panels; ++p) {
      const int64_t width = std::min(kPanel, map.channels - p * kPanel);
      const int8_t* panel = map.packed + p * kPanel * map.stride;
      for (int64_t r = 0; r < count; r += kTile) {
        const int64_t height = std::min(kTile, count - r);
        tile_any(height, quantised + r * map.stride, map.stride, panel, map.groups, sums);
        for (int64_t t = 0; t < height; ++t) {
          float* out = y + (first + r + t) * map.channels + p * kPanel;
          for (int64_t v = 0; v * kLanes < width; ++v) {
            const Vector result = map.finish(sums + t * kPanel, p, v, steps[r + t]);
            if ((v + 1) * kLanes <= width)
              store(out + v * kLanes, result);
            else
              for (int64_t i = v * kLanes; i < width; ++i) out[i] = result[i - v * kLanes];
          }
        }
      }
    }
    for (int64_t r = first; r < first + count; ++r) {
      float* row = y + r * map.channels;
      activate(row, map.channels, map.activation);
      if (residual != nullptr) {
        const float* add = residual + r * map.channels;
#pragma omp simd
        for (int64_t i = 0; i < map.channels; ++i) row[i] += add[i];
      }
      if (gamma != nullptr) layer_norm(row, map.channels, gamma, beta);
    }
  }
  return 0;
} catch (const std::bad_alloc&) {
  return 1;
}

// The `best` highest of each row's results, best first (of equals, the lower id), without storing
// the others. ids, values [rows, best]; values are log-probabilities. The integers choose a few more
// than asked for; these are computed again from `weight` [channels, inputs] and `bias` in float32,
// and ranked by that. `banned` [panels * 64] is added to logits when they are ranked (0 or -inf), and
// counts in the normaliser only if asked.
int kortom_top(const void* handle, const float* x, int64_t rows, int64_t best, const float* weight,
               const float* bias, const float* banned, int renormalise, int64_t* ids,
               float* values) try {
  const auto& map = *static_cast<const Linear*>(handle);
  static thread_local Scratch<uint8_t> bytes;
  static thread_local Scratch<float> floats;
  static thread_local Scratch<int64_t> places;
  alignas(64) int32_t sums[kTile * kPanel];
  alignas(64) float ranked[kPanel];
  constexpr int64_t kParts = kPanel / kLanes;
  const int64_t kept = best + kSpare;
  uint8_t* quantised = bytes.get(rows * map.stride);
  float* totals = floats.get(rows * (kLanes + 2 + kept));
  float* steps = totals + rows * kLanes;
  float* references = steps + rows;
  float* leaders = references + rows;
  int64_t* leading = places.get(rows * kept);
  for (int64_t r = 0; r < rows; ++r) {
    steps[r] = quantise(x + r * map.inputs, map.inputs, map.stride, quantised + r * map.stride);
    references[r] = -1e30f;
  }
  std::fill(totals, totals + rows * kLanes, 0.0f);
  std::fill(leaders, leaders + rows * kept, kLowest);
  std::fill(leading, leading + rows * kept, 0);
  for (int64_t p = 0; p < map.panels; ++p) {
    const int8_t* panel = map.packed + p * kPanel * map.stride;
    for (int64_t first = 0; first < rows; first += kTile) {
      const int64_t height = std::min(kTile, rows - first);
      tile_any(height, quantised + first * map.stride, map.stride, panel, map.groups, sums);
      for (int64_t t = 0; t < height; ++t) {
        const int64_t r = first + t;
        Vector logits[kParts];
        for (int64_t v = 0; v < kParts; ++v) {
          logits[v] = map.finish(sums + t * kPanel, p, v, steps[r]);
          if (banned != nullptr && renormalise)
            logits[v] += load(banned + p * kPanel + v * kLanes);
        }
        const Vector peaks = larger(larger(logits[0], logits[1]), larger(logits[2], logits[3]));
        // Sums are relative to a reference that follows the highest logit, at some distance: what
        // matters is that nothing overflows, and that the largest terms are not lost.
        if (any_above(peaks, references[r] + 40.0f)) {
          const float moved = peak_of(peaks);
          const Vector factor = exp_of(all(references[r] - moved));
          store(totals + r * kLanes, load(totals + r * kLanes) * factor);
          references[r] = moved;
        }
        const Vector shift = all(-references[r] * kLog2e);
        Vector total = load(totals + r * kLanes);
        for (int64_t v = 0; v < kParts; ++v) total += exp2_of(logits[v] * kLog2e + shift);
        store(totals + r * kLanes, total);
        float* value = leaders + r * kept;
        if (!any_above(peaks, value[kept - 1])) continue;
        for (int64_t v = 0; v < kParts; ++v) {
          if (banned != nullptr && !renormalise)
            logits[v] += load(banned + p * kPanel + v * kLanes);
          store(ranked + v * kLanes, logits[v]);
        }
        for (int64_t i = 0; i < kPanel; ++i)
          rank(ranked[i], p * kPanel + i, kept, value, leading + r * kept);
      }
    }
  }
  std::fill(values, values + rows * best, kLowest);
  std::fill(ids, ids + rows * best, 0);
  for (int64_t r = 0; r < rows; ++r) {
    const float normaliser = references[r] + std::log(sum_of(load(totals + r * kLanes)));
    int64_t* order = leading + r * kept;
    // By id, so that of equals the lower one comes first again.
    const int64_t found = std::count_if(leaders + r * kept, leaders + (r + 1) * kept,
                                        [](float v) { return v > kLowest; });
    std::sort(order, order + found);
    for (int64_t i = 0; i < found; ++i) {
      const int64_t id = order[i];
      const float* w = weight + id * map.inputs;
      const float* from = x + r * map.inputs;
      float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
      for (int64_t k = 0; k < map.inputs; ++k) sum += from[k] * w[k];
      rank(sum + bias[id] - normaliser, id, best, values + r * best, ids + r * best);
    }
  }
  return 0;
} catch (const std::bad_alloc&) {
  return 1;
}

// The 32-bit words that keys and values of `entries` entries take.
int64_t kortom_block(int64_t heads, int64_t width, int64_t entries) {
  return Shape(heads, width).block(round_up(entries, kLanes));
}

// Lays out the keys and values of whole sources for attention. fused [tokens, 2, size]; starts,
// lengths, offsets [count]; source s goes to out + offsets[s] and takes kortom_block words.
void kortom_arrange(const float* fused, const int64_t* starts, const int64_t* lengths,
                    const int64_t* offsets, int64_t count, int64_t heads, int64_t width,
                    uint32_t* out) {
  const Shape shape(heads, width);
  for (int64_t s = 0; s < count; ++s) {
    const int64_t entries = round_up(lengths[s], kLanes);
    uint32_t* block = out + offsets[s];
    std::fill(block, block + shape.block(entries), 0);
    for (int64_t i = 0; i < lengths[s]; ++i) {
      const float* key = fused + (starts[s] + i) * 2 * shape.size;
      write_entry(shape, key, key + shape.size, i, entries, block);
    }
  }
}

// Self-attention within whole sources, which lie one after the other without padding.
// fused [tokens, 3, size]; starts, lengths [count]; out [tokens, size].
int kortom_read(const float* fused, const int64_t* starts, const int64_t* lengths, int64_t count,
                int64_t heads, int64_t width, float* out) try {
  static thread_local Scratch<uint32_t> words;
  const Shape shape(heads, width);
  for (int64_t s = 0; s < count; ++s) {
    const int64_t entries = round_up(lengths[s], kLanes);
    const float* first = fused + starts[s] * 3 * shape.size;
    uint32_t* block = words.get(shape.block(entries));
    std::fill(block, block + shape.block(entries), 0);
    for (int64_t i = 0; i < lengths[s]; ++i) {
      const float* key = first + (i * 3 + 1) * shape.size;
      write_entry(shape, key, key + shape.size, i, entries, block);
    }
    // Some queries at a time, so that their scores stay in the cache whatever the length.
    for (int64_t i = 0; i < lengths[s]; i += 24)
      attend(shape, first + i * 3 * shape.size, 3 * shape.size,
             std::min<int64_t>(24, lengths[s] - i), block, entries, lengths[s], nullptr,
             out + (starts[s] + i) * shape.size);
  }
  return 0;
} catch (const std::bad_alloc&) {
  return 1;
}

// Attention over the source: all hypotheses of a row over its one block. query, out [rows * beams,
// size]; sources as kortom_arrange made them; offsets, lengths [rows].
int kortom_consult(const float* query, const uint32_t* sources, const int64_t* offsets,
                   const int64_t* lengths, int64_t rows, int64_t beams, int64_t heads,
                   int64_t width, float* out) try {
  const Shape shape(heads, width);
  for (int64_t r = 0; r < rows; ++r)
    attend(shape, query + r * beams * shape.size, shape.size, beams, sources + offsets[r],
           round_up(lengths[r], kLanes), lengths[r], nullptr, out + r * beams * shape.size);
  return 0;
} catch (const std::bad_alloc&) {
  return 1;
}

// Self-attention over what was produced, of which this step is written first. The beams of a row
// share one block of capacity * beams entries (a multiple of 16), and each sees those on its path.
// fused [rows * beams, 3, size]; past: `block` words per slot; slots [rows]; path [rows, beams,
// capacity], the beam at which each step of a hypothesis's own past was; step counts from 0.
int kortom_recall(const float* fused, uint32_t* past, const int64_t* slots, const int64_t* path,
                  int64_t rows, int64_t beams, int64_t heads, int64_t width, int64_t capacity,
                  int64_t step, float* out) try {
  static thread_local Scratch<float> floats;
  const Shape shape(heads, width);
  const int64_t entries = capacity * beams, used = (step + 1) * beams;
  const int64_t words = shape.block(entries);
  float* masks = floats.get(beams * used);
  for (int64_t r = 0; r < rows; ++r) {
    uint32_t* block = past + slots[r] * words;
    const float* first = fused + r * beams * 3 * shape.size;
    for (int64_t b = 0; b < beams; ++b) {
      const float* key = first + (b * 3 + 1) * shape.size;
      write_entry(shape, key, key + shape.size, step * beams + b, entries, block);
    }
    if (beams > 1) {
      std::fill(masks, masks + beams * used, kLowest);
      for (int64_t b = 0; b < beams; ++b) {
        const int64_t* trail = path + (r * beams + b) * capacity;
        for (int64_t i = 0; i < step; ++i) masks[b * used + i * beams + trail[i]] = 0.0f;
        masks[b * used + step * beams + b] = 0.0f;
      }
    }
    attend(shape, first, 3 * shape.size, beams, block, entries, used,
           beams > 1 ? masks : nullptr, out + r * beams * shape.size);
  }
  return 0;
} catch (const std::bad_alloc&) {
  return 1;
}

}  // extern "C"
