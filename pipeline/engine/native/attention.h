// Attention over blocks of keys and values.
//
// Beside 8-bit products keys, values, queries and shares are rounded to bfloat16 (1 part in 512,
// below the error around them) and held in pairs, one pair in 32 bits: of two neighbouring features
// for keys and queries, of two neighbouring entries for values and shares. A step of a sum over
// pairs is then one instruction where there is vdpbf16ps, and four elsewhere. Beside exact products
// a word is one float32. With `per` numbers in a word, each head has
//   keys   [width / per][entries] words   and   values [entries / per][wide] words,
// with entries a multiple of 16, and wide the width rounded up to one.

#pragma once

#include "vectors.h"

namespace {

typedef uint16_t Half;

inline Half narrow(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return static_cast<Half>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);  // to nearest even
}

// Each to the nearest, in the low half of its place.
inline Bits narrow(Vector x) {
  const Bits bits = (Bits)x;
  return (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

inline uint32_t pair_of(float low, float high) {
  return static_cast<uint32_t>(narrow(low)) | static_cast<uint32_t>(narrow(high)) << 16;
}

// x [2 n] to n pairs of neighbours.
inline void pair_row(const float* x, int64_t n, uint32_t* out) {
  int64_t i = 0;
#if defined(__AVX512BF16__)
  for (; i + kLanes / 2 <= n; i += kLanes / 2) {
    const __m256bh pairs = _mm512_cvtneps_pbh((__m512)(load(x + 2 * i)));
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), (__m256i)(pairs));
  }
#endif
  for (; i < n; ++i) out[i] = pair_of(x[2 * i], x[2 * i + 1]);
}

// sum + a b, over the pairs of a word.
inline Vector add_products(Vector sum, uint32_t a, Bits b) {
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

inline Vector add_products(Vector sum, float a, Vector b) { return multiply_add(all(a), b, sum); }

// out[q][c] = sum over k of rows[q][k] matrix[k][c], for Q rows of words and C vectors of columns;
// S sums of every S-th k, added up at the end.
template <int Q, int C, int S, typename Word>
inline void word_product(const Word* rows, int64_t stride, const Word* matrix,
                         int64_t matrix_stride, int64_t depth, float* out, int64_t out_stride) {
  Vector sums[S][Q][C];
#pragma GCC unroll 8
  for (int s = 0; s < S; ++s)
#pragma GCC unroll 8
    for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c) sums[s][q][c] = Vector{};
  const auto add = [&](int s, int64_t k) {
    decltype(load(matrix)) part[C];
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) part[c] = load(matrix + k * matrix_stride + c * kLanes);
#pragma GCC unroll 8
    for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
      for (int c = 0; c < C; ++c)
        sums[s][q][c] = add_products(sums[s][q][c], rows[q * stride + k], part[c]);
  };
  int64_t k = 0;
  for (; k + S <= depth; k += S)
#pragma GCC unroll 8
    for (int s = 0; s < S; ++s) add(s, k + s);
  for (; k < depth; ++k) add(0, k);
#pragma GCC unroll 8
  for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) {
#pragma GCC unroll 8
      for (int s = 1; s < S; ++s) sums[0][q][c] += sums[s][q][c];
      store(out + q * out_stride + c * kLanes, sums[0][q][c]);
    }
}

template <int Q, typename Word>
inline void word_rows(const Word* rows, int64_t stride, const Word* matrix, int64_t matrix_stride,
                      int64_t columns, int64_t depth, float* out, int64_t out_stride) {
  // As many sums at once as hide the latency of an instruction, along memory as it lies.
  constexpr auto sums = [](int c) { return std::max(1, 8 / (Q * c)); };
  int64_t c = 0;
  for (; c + 4 * kLanes <= columns; c += 4 * kLanes)
    word_product<Q, 4, sums(4)>(rows, stride, matrix + c, matrix_stride, depth, out + c,
                                out_stride);
  for (; c + 2 * kLanes <= columns; c += 2 * kLanes)
    word_product<Q, 2, sums(2)>(rows, stride, matrix + c, matrix_stride, depth, out + c,
                                out_stride);
  for (; c < columns; c += kLanes)
    word_product<Q, 1, sums(1)>(rows, stride, matrix + c, matrix_stride, depth, out + c,
                                out_stride);
}

// The same for any number of rows and columns (a multiple of 16).
template <typename Word>
void word_products(int64_t count, const Word* rows, int64_t stride, const Word* matrix,
                   int64_t matrix_stride, int64_t columns, int64_t depth, float* out,
                   int64_t out_stride) {
  const auto some = [&](auto product, int64_t n) {
    product(rows, stride, matrix, matrix_stride, columns, depth, out, out_stride);
    rows += n * stride;
    out += n * out_stride;
    count -= n;
  };
  while (count >= 6) some(word_rows<6, Word>, 6);
  if (count >= 4) some(word_rows<4, Word>, 4);
  if (count >= 2) some(word_rows<2, Word>, 2);
  if (count >= 1) some(word_rows<1, Word>, 1);
}

// What a word of a block holds.
struct Pairs {
  using Word = uint32_t;
  static constexpr int64_t kPer = 2;
  static void pack(const float* x, int64_t words, Word* out) { pair_row(x, words, out); }
  static Vector exp2(Vector x) { return exp2_of(x); }
};

struct Numbers {
  using Word = float;
  static constexpr int64_t kPer = 1;
  static void pack(const float* x, int64_t words, Word* out) { std::copy_n(x, words, out); }
  static Vector exp2(Vector x) { return exact_exp2_of(x); }
};

struct Shape {
  int64_t heads, width, wide, size;
  bool exact;
  Shape(int64_t heads, int64_t width, bool exact)
      : heads(heads),
        width(width),
        wide(round_up(width, kLanes)),
        size(heads * width),
        exact(exact) {}
  int64_t per() const { return exact ? Numbers::kPer : Pairs::kPer; }
  int64_t keys(int64_t entries) const { return width / per() * entries; }
  int64_t values(int64_t entries) const { return entries / per() * wide; }
  int64_t block(int64_t entries) const { return heads * (keys(entries) + values(entries)); }
};

// Writes `count` entries from `at` on, of `entries`: keys and values of all heads, `stride` from one
// entry to the next.
void write_entries(const Shape& shape, const float* keys, const float* values, int64_t stride,
                   int64_t at, int64_t count, int64_t entries, uint32_t* block) {
  static thread_local Scratch<uint32_t> words;
  const int64_t depth = shape.width / shape.per();
  uint32_t* packed = words.get(depth);
  uint32_t* out = block + shape.heads * shape.keys(entries);
  for (int64_t i = at; i < at + count; ++i, keys += stride)
    for (int64_t h = 0; h < shape.heads; ++h) {
      const float* key = keys + h * shape.width;
      if (shape.exact)
        std::memcpy(packed, key, depth * sizeof *key);
      else
        pair_row(key, depth, packed);
      uint32_t* column = block + h * shape.keys(entries) + i;
      for (int64_t c = 0; c < depth; ++c) column[c * entries] = packed[c];
    }
  if (shape.exact) {
    for (int64_t i = at; i < at + count; ++i, values += stride)
      for (int64_t h = 0; h < shape.heads; ++h)
        std::memcpy(out + h * shape.values(entries) + i * shape.wide, values + h * shape.width,
                    shape.width * sizeof *values);
    return;
  }
  for (int64_t i = at, left = count; left > 0;) {
    const bool low = i % 2 == 0, both = low && left > 1;
    for (int64_t h = 0; h < shape.heads; ++h) {
      uint32_t* row = out + h * shape.values(entries) + i / 2 * shape.wide;
      const float* value = values + h * shape.width;
      for (int64_t c = 0; c < shape.width; c += kLanes) {
        const int64_t n = std::min(kLanes, shape.width - c);
        const Bits first = narrow(load(value + c, n));
        const Bits other = both ? narrow(load(value + stride + c, n)) << 16
                                : load(row + c) & (low ? 0xffff0000u : 0xffffu);
        store(row + c, (low ? first : first << 16) | other);
      }
    }
    const int64_t done = both ? 2 : 1;
    i += done;
    left -= done;
    values += done * stride;
  }
}

// Makes the values of some entries (from and to multiples of 16) zeros: an entry that is hidden or
// not written yet counts nothing, but only if it is a number.
void clear_values(const Shape& shape, int64_t from, int64_t to, int64_t entries, uint32_t* block) {
  if (from >= to) return;
  uint32_t* values = block + shape.heads * shape.keys(entries);
  for (int64_t h = 0; h < shape.heads; ++h, values += shape.values(entries))
    std::fill(values + from / shape.per() * shape.wide, values + to / shape.per() * shape.wide, 0);
}

template <typename Kind>
void attend_in(const Shape& shape, const float* queries, int64_t stride, int64_t count,
               const uint32_t* block, int64_t entries, int64_t used, const float* masks,
               float* out) {
  using Word = typename Kind::Word;
  static thread_local Scratch<float> floats;
  static thread_local Scratch<Word> words;
  const int64_t columns = round_up(used, kLanes);
  const int64_t features = shape.width / Kind::kPer, across = columns / Kind::kPer;
  float* scores = floats.get(count * (columns + shape.wide + 1));
  float* found = scores + count * columns;
  float* inverses = found + count * shape.wide;
  Word* asked = words.get(count * (features + across));
  Word* shares = asked + count * features;
  const auto* keys = reinterpret_cast<const Word*>(block);
  const auto* values = keys + shape.heads * shape.keys(entries);
  for (int64_t h = 0; h < shape.heads; ++h) {
    for (int64_t q = 0; q < count; ++q)
      Kind::pack(queries + q * stride + h * shape.width, features, asked + q * features);
    word_products(count, asked, features, keys, entries, columns, features, scores, columns);
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
        const Vector share = x < -120.0f ? Vector{} : Kind::exp2(x);
        totals += share;
        store(s + i, share);
      }
      inverses[q] = 1.0f / sum_of(totals);
      Kind::pack(s, across, shares + q * across);
    }
    word_products(count, shares, across, values, shape.wide, shape.wide, across, found,
                  shape.wide);
    for (int64_t q = 0; q < count; ++q) {
      float* to = out + q * shape.size + h * shape.width;
#pragma omp simd
      for (int64_t c = 0; c < shape.width; ++c) to[c] = found[q * shape.wide + c] * inverses[q];
    }
    keys += shape.keys(entries);
    values += shape.values(entries);
  }
}

// Attends from `count` queries [count, stride] over the first `used` entries of a block; masks
// [count, used] are added to the scores if given. out [count, size].
void attend(const Shape& shape, const float* queries, int64_t stride, int64_t count,
            const uint32_t* block, int64_t entries, int64_t used, const float* masks, float* out) {
  const auto in = shape.exact ? attend_in<Numbers> : attend_in<Pairs>;
  in(shape, queries, stride, count, block, entries, used, masks, out);
}

}  // namespace
