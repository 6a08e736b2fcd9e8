// Attention over pages of keys and values.
//
// Sixteen entries make a page: the keys of all heads, then their values, and beside 8-bit products
// the step of each key and value. A block is some pages one after the other, so that it grows at its
// end and is read from front to end.
//
// Beside 8-bit products a word holds four bytes: of neighbouring features for keys (unsigned, around
// 128), of neighbouring entries for values. Each key and value is rounded by its own largest number,
// and so are queries and shares, so that a result depends on nothing beside it. Beside exact
// products a word is one float32. With `per` numbers in a word, a head of a page has
//   keys [deep][16] words   and   values [16 / per][wide] words,
// deep being the width over `per`, and wide the width in whole vectors.

#pragma once

#include "bytes.h"
#include "vectors.h"

namespace {

inline int64_t pages_of(int64_t entries) { return (entries + kLanes - 1) / kLanes; }

struct Shape {
  int64_t heads, width, wide, size;
  bool exact;
  Shape(int64_t heads, int64_t width, bool exact)
      : heads(heads),
        width(width),
        wide(round_up(width, kLanes)),
        size(heads * width),
        exact(exact) {}
  int64_t per() const { return exact ? 1 : 4; }
  int64_t deep() const { return (width + per() - 1) / per(); }
  int64_t keys() const { return deep() * kLanes; }
  int64_t values() const { return kLanes / per() * wide; }
  int64_t steps() const { return exact ? 0 : kLanes; }  // of keys, or of values
  int64_t page() const { return heads * (keys() + values() + 2 * steps()); }
  int64_t block(int64_t entries) const { return pages_of(entries) * page(); }
};

// Where the parts of a page are.
template <typename Pointer>
struct Page {
  Pointer keys, values, key_steps, value_steps;
  Page(const Shape& shape, Pointer words)
      : keys(words),
        values(keys + shape.heads * shape.keys()),
        key_steps(values + shape.heads * shape.values()),
        value_steps(key_steps + shape.heads * shape.steps()) {}
};

// Writes the key and the value [size] of an entry.
void write_entry(const Shape& shape, const float* key, const float* value, int64_t entry,
                 uint32_t* block) {
  const int64_t place = entry % kLanes, deep = shape.deep();
  const Page<uint32_t*> page(shape, block + entry / kLanes * shape.page());
  if (shape.exact) {
    for (int64_t i = 0; i < shape.size; ++i)
      std::memcpy(page.keys + i * kLanes + place, key + i, sizeof *key);
    for (int64_t h = 0; h < shape.heads; ++h)
      std::memcpy(page.values + h * shape.values() + place * shape.wide, value + h * shape.width,
                  shape.width * sizeof *value);
    return;
  }
  static thread_local Scratch<uint32_t> words;
  uint32_t* rounded = words.get(shape.wide / 4);
  auto* bytes = reinterpret_cast<uint8_t*>(rounded);
  const int64_t shift = place % 4 * 8;
  const uint32_t others = ~(0xffu << shift);
  for (int64_t h = 0; h < shape.heads; ++h) {
    const float step = quantise(key + h * shape.width, shape.width, deep * 4, 128, 127.0f, bytes);
    std::memcpy(page.key_steps + h * kLanes + place, &step, sizeof step);
    uint32_t* column = page.keys + h * shape.keys() + place;
    for (int64_t c = 0; c < deep; ++c) column[c * kLanes] = rounded[c];
  }
  for (int64_t h = 0; h < shape.heads; ++h) {
    const float step = quantise(value + h * shape.width, shape.width, shape.wide, 0, 127.0f, bytes);
    std::memcpy(page.value_steps + h * kLanes + place, &step, sizeof step);
    uint32_t* row = page.values + h * shape.values() + place / 4 * shape.wide;
    for (int64_t c = 0; c < shape.wide; ++c)
      row[c] = (row[c] & others) | static_cast<uint32_t>(bytes[c]) << shift;
  }
}

// What a word of a block holds, and what is made of it.
struct Bytes {
  using Word = uint32_t;
  using Sum = Ints;
  static Sum with_keys(Sum sum, Word asked, const Word* keys) {
    return add_products(sum, load(keys), Bits{} + asked);
  }
  static Sum with_values(Sum sum, Word share, const Word* values) {
    return add_products(sum, Bits{} + share, load(values));
  }
  static Vector number(Sum sum) { return __builtin_convertvector(sum, Vector); }
  static Vector exp2(Vector x) { return exp2_of(x); }
};

struct Numbers {
  using Word = float;
  using Sum = Vector;
  static Sum with_keys(Sum sum, Word asked, const Word* keys) {
    return multiply_add(all(asked), load(keys), sum);
  }
  static Sum with_values(Sum sum, Word share, const Word* values) {
    return multiply_add(all(share), load(values), sum);
  }
  static Vector number(Sum sum) { return sum; }
  static Vector exp2(Vector x) { return exact_exp2_of(x); }
};

// Adds to sums[q] what Q queries (words [Q, deep]) make of one head of a page's keys.
template <typename Kind, int Q>
inline void ask(const typename Kind::Word* asked, int64_t deep, const typename Kind::Word* keys,
                typename Kind::Sum* sums) {
  // As many sums at once as hide the latency of an instruction.
  constexpr int S = Q >= 4 ? 1 : 4 / Q;
  typename Kind::Sum part[S][Q] = {};
  int64_t k = 0;
  for (; k + S <= deep; k += S)
#pragma GCC unroll 4
    for (int s = 0; s < S; ++s)
#pragma GCC unroll 6
      for (int q = 0; q < Q; ++q)
        part[s][q] = Kind::with_keys(part[s][q], asked[q * deep + k + s], keys + (k + s) * kLanes);
  for (; k < deep; ++k)
#pragma GCC unroll 6
    for (int q = 0; q < Q; ++q)
      part[0][q] = Kind::with_keys(part[0][q], asked[q * deep + k], keys + k * kLanes);
#pragma GCC unroll 6
  for (int q = 0; q < Q; ++q) {
#pragma GCC unroll 4
    for (int s = 1; s < S; ++s) part[0][q] += part[s][q];
    sums[q] += part[0][q];
  }
}

// sums[q][c] = what the shares of Q queries (words [Q, stride]) make of C vectors of one head's
// values, `across` words of a page, over all pages.
template <typename Kind, int Q, int C>
inline void gather(const typename Kind::Word* shares, int64_t stride, int64_t across,
                   const typename Kind::Word* values, int64_t wide, int64_t pages, int64_t page,
                   typename Kind::Sum (*sums)[C]) {
  typename Kind::Sum part[Q][C] = {};
  for (int64_t p = 0; p < pages; ++p, shares += across, values += page)
    for (int64_t k = 0; k < across; ++k)
#pragma GCC unroll 6
      for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
        for (int c = 0; c < C; ++c)
          part[q][c] = Kind::with_values(part[q][c], shares[q * stride + k],
                                         values + k * wide + c * kLanes);
#pragma GCC unroll 6
  for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
    for (int c = 0; c < C; ++c) sums[q][c] = part[q][c];
}

// Calls f(first, number) for runs of queries, the number a constant of the compiler's.
template <typename F>
inline void by_queries(int64_t count, F f) {
  int64_t q = 0;
  for (; q + 6 <= count; q += 6) f(q, std::integral_constant<int, 6>());
  if (q + 4 <= count) f(q, std::integral_constant<int, 4>()), q += 4;
  if (q + 2 <= count) f(q, std::integral_constant<int, 2>()), q += 2;
  if (q < count) f(q, std::integral_constant<int, 1>());
}

// The same for the vectors of a head's values.
template <typename F>
inline void by_vectors(int64_t count, F f) {
  int64_t c = 0;
  for (; c + 4 <= count; c += 4) f(c, std::integral_constant<int, 4>());
  if (c + 2 <= count) f(c, std::integral_constant<int, 2>()), c += 2;
  if (c < count) f(c, std::integral_constant<int, 1>());
}

// A vector, but -inf where the bit of a place is not set.
inline Vector where(uint32_t bits, Vector x) {
#if defined(__AVX512F__)
  return (Vector)(_mm512_mask_blend_ps(static_cast<__mmask16>(bits), _mm512_set1_ps(kLowest),
                                       (__m512)(x)));
#else
  constexpr Bits kPlaces = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16384,
                            32768};
  return ((kPlaces & bits) != 0) ? x : all(kLowest);
#endif
}

template <typename Kind>
void attend_in(const Shape& shape, const float* queries, int64_t stride, int64_t count,
               const uint32_t* block, int64_t used, const uint16_t* seen, int64_t seen_stride,
               float* out) {
  using Word = typename Kind::Word;
  static thread_local Scratch<float> floats;
  static thread_local Scratch<Word> words;
  constexpr bool kBytes = std::is_same_v<Kind, Bytes>;
  const int64_t heads = shape.heads, deep = shape.deep(), pages = pages_of(used);
  const int64_t columns = pages * kLanes, across = kLanes / shape.per(), rows = heads * count;
  float* scores = floats.get(rows * (columns + 3));  // [heads, count, columns]
  float *steps = scores + rows * columns, *shifts = steps + rows, *weights = shifts + rows;
  Word* asked = words.get(rows * (deep + pages * across));  // [heads, count, deep]
  Word* shares = asked + rows * deep;                       // [heads, count, pages * across]
  for (int64_t h = 0; h < heads; ++h)
    for (int64_t q = 0; q < count; ++q) {
      const float* query = queries + q * stride + h * shape.width;
      const int64_t r = h * count + q;
      if constexpr (kBytes) {
        auto* bytes = reinterpret_cast<uint8_t*>(asked + r * deep);
        steps[r] = quantise(query, shape.width, deep * 4, 0, 127.0f, bytes);
        int32_t sum = 0;
        for (int64_t i = 0; i < deep * 4; ++i) sum += static_cast<int8_t>(bytes[i]);
        shifts[r] = static_cast<float>(128 * sum);
      } else {
        std::copy_n(query, deep, asked + r * deep);
      }
    }
  const auto page_at = [&](int64_t p) {
    return Page<const Word*>(shape, reinterpret_cast<const Word*>(block) + p * shape.page());
  };
  for (int64_t p = 0; p < pages; ++p) {
    const auto page = page_at(p);
    const uint32_t tail = used - p * kLanes >= kLanes ? 0xffffu : (1u << (used - p * kLanes)) - 1;
    for (int64_t h = 0; h < heads; ++h)
      by_queries(count, [&](int64_t first, auto n) {
        constexpr int Q = n;
        typename Kind::Sum sums[Q] = {};
        const int64_t r = h * count + first;
        ask<Kind, Q>(asked + r * deep, deep, page.keys + h * shape.keys(), sums);
#pragma GCC unroll 6
        for (int q = 0; q < Q; ++q) {
          Vector score = Kind::number(sums[q]);
          if constexpr (kBytes)
            score = (score - shifts[r + q]) * (steps[r + q] * load(reinterpret_cast<const float*>(
                                                                  page.key_steps + h * kLanes)));
          const uint32_t bits = seen == nullptr ? tail : seen[(first + q) * seen_stride + p];
          store(scores + (r + q) * columns + p * kLanes, where(bits, score));
        }
      });
  }
  for (int64_t r = 0; r < rows; ++r) {
    float* s = scores + r * columns;
    Vector peaks = load(s), totals = Vector{};
    for (int64_t i = kLanes; i < columns; i += kLanes) peaks = larger(peaks, load(s + i));
    const float peak = peak_of(peaks);
    for (int64_t p = 0; p < pages; ++p) {
      // Below 2^-120 it is nothing, and what is hidden must be nothing.
      const Vector x = (load(s + p * kLanes) - peak) * kLog2e;
      Vector share = x < -120.0f ? Vector{} : Kind::exp2(x);
      totals += share;
      if constexpr (kBytes)
        share *= load(reinterpret_cast<const float*>(page_at(p).value_steps + r / count * kLanes));
      store(s + p * kLanes, share);
    }
    weights[r] = 1.0f / sum_of(totals);
    if constexpr (kBytes)
      weights[r] *= quantise(s, columns, columns, 0, 255.0f,
                             reinterpret_cast<uint8_t*>(shares + r * pages * across));
    else
      std::copy_n(s, columns, shares + r * columns);
  }
  const Word* values = page_at(0).values;
  for (int64_t h = 0; h < heads; ++h, values += shape.values())
    by_queries(count, [&](int64_t first, auto n) {
      by_vectors(shape.wide / kLanes, [&](int64_t c, auto vectors) {
        constexpr int Q = n, C = vectors;
        typename Kind::Sum sums[Q][C];
        const int64_t r = h * count + first;
        gather<Kind, Q, C>(shares + r * pages * across, pages * across, across,
                                 values + c * kLanes, shape.wide, pages, shape.page(), sums);
#pragma GCC unroll 6
        for (int q = 0; q < Q; ++q)
#pragma GCC unroll 4
          for (int v = 0; v < C; ++v) {
            const int64_t from = (c + v) * kLanes;
            store(out + (first + q) * shape.size + h * shape.width + from,
                  std::min(kLanes, shape.width - from), Kind::number(sums[q][v]) * weights[r + q]);
          }
      });
    });
}

// Attends from `count` queries [count, stride] over the first `used` entries of a block. Of these a
// query sees all, or those whose bits are set in seen [count, seen_stride], 16 to a page. out
// [count, size].
void attend(const Shape& shape, const float* queries, int64_t stride, int64_t count,
            const uint32_t* block, int64_t used, const uint16_t* seen, int64_t seen_stride,
            float* out) {
  const auto in = shape.exact ? attend_in<Numbers> : attend_in<Bytes>;
  in(shape, queries, stride, count, block, used, seen, seen_stride, out);
}

}  // namespace
