// Products, of 8-bit integers or float32: rows of float32 in, rows of float32 out.

#pragma once

#include "vectors.h"

#include <type_traits>

namespace {

constexpr int64_t kPanel = 64;  // channels of a panel
constexpr int64_t kGroup = 4;   // inputs that one instruction sums
constexpr int64_t kTile = 6;    // rows of a tile: 6 x 64 sums fill the AVX-512 registers
constexpr int64_t kChunk = 96;  // rows quantised and finished together, to stay in the L2 cache

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

// sums[r][c] = first[c] + sum over k of rows[r][k] weights[k][c], for R rows and the channels of one
// panel.
template <int R>
inline void tile(const uint8_t* rows, int64_t stride, const int8_t* panel, int64_t groups,
                 const int32_t* first, int32_t* sums) {
#if defined(__AVX512VNNI__)
  __m512i acc[R][4];
  // Unrolled by hand of the compiler: only then do the sums live in registers throughout.
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) acc[r][v] = _mm512_load_si512(first + v * 16);
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
    for (int v = 0; v < 8; ++v)
      acc[v] = _mm256_load_si256(reinterpret_cast<const __m256i*>(first + v * 8));
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
  for (int r = 0; r < R; ++r) std::copy_n(first, kPanel, sums + r * kPanel);
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

// Calls f with the number of rows of a tile as a constant of the compiler's.
template <typename F>
inline void with_rows(int64_t count, F f) {
  switch (count) {
    case 1: return f(std::integral_constant<int, 1>());
    case 2: return f(std::integral_constant<int, 2>());
    case 3: return f(std::integral_constant<int, 3>());
    case 4: return f(std::integral_constant<int, 4>());
    case 5: return f(std::integral_constant<int, 5>());
    default: return f(std::integral_constant<int, 6>());
  }
}

// out[r][c] = bias[c] + sum over k of rows[r][k] panel[k][c], for R rows and the channels of one
// panel.
template <int R>
inline void exact_tile(const float* rows, int64_t stride, const float* panel, int64_t inputs,
                       const float* bias, float* out) {
  Vector acc[R][4];
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) acc[r][v] = load(bias + v * kLanes);
  for (int64_t k = 0; k < inputs; ++k, panel += kPanel) {
    const Vector w0 = load(panel), w1 = load(panel + kLanes);
    const Vector w2 = load(panel + 2 * kLanes), w3 = load(panel + 3 * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const Vector a = all(rows[r * stride + k]);
      acc[r][0] = multiply_add(a, w0, acc[r][0]);
      acc[r][1] = multiply_add(a, w1, acc[r][1]);
      acc[r][2] = multiply_add(a, w2, acc[r][2]);
      acc[r][3] = multiply_add(a, w3, acc[r][3]);
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int v = 0; v < 4; ++v) store(out + r * kPanel + v * kLanes, acc[r][v]);
}

// Panels of weights: 8-bit integers and what turns their sums into numbers again, or float32.
struct Linear {
  int64_t channels, inputs, panels, groups, stride;
  int activation;
  bool exact;
  float* numbers = nullptr;  // [panels][inputs][64], if exact
  int8_t* packed = nullptr;  // [panels][groups][64][4], if not
  float *scale = nullptr, *bias = nullptr;  // [panels * 64]
  int32_t* correction = nullptr;            // what is too much, as rows are bytes around 128

  // A map of nothing: no channel of it is ever the best.
  Linear(int64_t channels, int64_t inputs, int activation, bool exact)
      : channels(channels),
        inputs(inputs),
        panels(round_up(channels, kPanel) / kPanel),
        groups(round_up(inputs, kGroup) / kGroup),
        stride(groups * kGroup),
        activation(activation),
        exact(exact) {
    const int64_t all = panels * kPanel;
    try {
      if (exact) {
        numbers = aligned<float>(all * inputs);
      } else {
        packed = aligned<int8_t>(all * stride);
        scale = aligned<float>(all);
        correction = aligned<int32_t>(all);
      }
      bias = aligned<float>(all);
    } catch (const std::bad_alloc&) {
      release();
      throw;
    }
    std::fill(bias, bias + all, kLowest);
    if (exact) {
      std::fill(numbers, numbers + all * inputs, 0.0f);
    } else {
      std::memset(packed, 0, all * stride);
      std::fill(scale, scale + all, 0.0f);
      std::fill(correction, correction + all, 0);
    }
  }
  Linear(const Linear&) = delete;
  ~Linear() { release(); }

  // Takes a channel's weights [inputs], quantised if not exact.
  void set(int64_t c, const float* row, float offset) {
    bias[c] = offset;
    if (exact) {
      float* panel = numbers + c / kPanel * kPanel * inputs + c % kPanel;
      for (int64_t k = 0; k < inputs; ++k) panel[k * kPanel] = row[k];
      return;
    }
    float peak = 0.0f;
    for (int64_t k = 0; k < inputs; ++k) peak = std::max(peak, std::fabs(row[k]));
    const float inverse = peak > 0.0f ? 127.0f / peak : 0.0f;
    int8_t* panel = packed + c / kPanel * kPanel * stride + c % kPanel * kGroup;
    int32_t sum = 0;
    for (int64_t k = 0; k < inputs; ++k) {
      const auto q = static_cast<int8_t>(__builtin_rintf(row[k] * inverse));
      panel[k / kGroup * kPanel * kGroup + k % kGroup] = q;
      sum += q;
    }
    scale[c] = peak / 127.0f;
    correction[c] = -128 * sum;
  }

 private:
  void release() {
    std::free(numbers);
    std::free(packed);
    std::free(scale);
    std::free(bias);
    std::free(correction);
  }
};

// Some rows, as a map takes them.
class Rows {
 public:
  Rows(const Linear& map, const float* x, int64_t count, Scratch<uint8_t>& bytes)
      : map_(map), x_(x), quantised_(nullptr) {
    if (map.exact) return;
    quantised_ = bytes.get(count * (map.stride + sizeof(float)) + 64);
    steps_ = reinterpret_cast<float*>(quantised_ + round_up(count * map.stride, sizeof(float)));
    for (int64_t r = 0; r < count; ++r)
      steps_[r] = quantise(x + r * map.inputs, map.inputs, map.stride, quantised_ + r * map.stride);
  }

  // out [height, 64] = what panel p makes of `height` rows (at most kTile) from `first` on.
  void multiply(int64_t p, int64_t first, int64_t height, float* out) const {
    const float* bias = map_.bias + p * kPanel;
    if (map_.exact)
      return with_rows(height, [&](auto r) {
        exact_tile<r>(x_ + first * map_.inputs, map_.inputs,
                      map_.numbers + p * kPanel * map_.inputs, map_.inputs, bias, out);
      });
    alignas(64) int32_t sums[kTile * kPanel];
    with_rows(height, [&](auto r) {
      tile<r>(quantised_ + first * map_.stride, map_.stride,
              map_.packed + p * kPanel * map_.stride, map_.groups, map_.correction + p * kPanel,
              sums);
    });
    const float* scale = map_.scale + p * kPanel;
    for (int64_t t = 0; t < height; ++t)
#pragma GCC unroll 4
      for (int64_t v = 0; v < kPanel; v += kLanes) {
        const Vector whole = __builtin_convertvector(load(sums + t * kPanel + v), Vector);
        store(out + t * kPanel + v, whole * (load(scale + v) * steps_[first + t]) + load(bias + v));
      }
  }

 private:
  const Linear& map_;
  const float* x_;
  uint8_t* quantised_;
  float* steps_ = nullptr;
};

// Fields are those of a structure on the Python side; see `Norm` there.
struct Norm {
  const float *gain, *offset;
};

// out [rows, channels] = activation(x [rows, inputs] weight' + bias); with `residual` (of the shape
// of out, and possibly out itself) added, and a layer norm after that, where they are given.
void apply(const Linear& map, const float* x, int64_t rows, float* out, const float* residual,
           const Norm* norm) {
  static thread_local Scratch<uint8_t> bytes;
  static thread_local Scratch<float> floats;
  alignas(64) float tile[kTile * kPanel];
  float* apart = residual == nullptr ? nullptr : floats.get(kChunk * map.channels);
  for (int64_t first = 0; first < rows; first += kChunk) {
    const int64_t count = std::min(kChunk, rows - first);
    float* results = apart == nullptr ? out + first * map.channels : apart;
    const Rows taken(map, x + first * map.inputs, count, bytes);
    for (int64_t p = 0; p < map.panels; ++p) {
      const int64_t width = std::min(kPanel, map.channels - p * kPanel);
      for (int64_t r = 0; r < count; r += kTile) {
        const int64_t height = std::min(kTile, count - r);
        taken.multiply(p, r, height, tile);
        for (int64_t t = 0; t < height; ++t)
          std::copy_n(tile + t * kPanel, width, results + (r + t) * map.channels + p * kPanel);
      }
    }
    for (int64_t r = 0; r < count; ++r) {
      float* row = results + r * map.channels;
      float* to = out + (first + r) * map.channels;
      activate(row, map.channels, map.activation);
      if (residual != nullptr) {
        const float* add = residual + (first + r) * map.channels;
#pragma omp simd
        for (int64_t i = 0; i < map.channels; ++i) to[i] = row[i] + add[i];
      }
      if (norm != nullptr) layer_norm(to, map.channels, norm->gain, norm->offset);
    }
  }
}

}  // namespace
