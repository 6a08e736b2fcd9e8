// Products, of 8-bit integers or float32: rows of float32 in, rows of float32 out.

#pragma once

#include "bytes.h"
#include "vectors.h"

namespace {

constexpr int64_t kPanel = 64;  // channels of a panel
constexpr int kParts = kPanel / kLanes;
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

// ---- Products ----

// Sums of one panel: sums[r][v] += what the bytes of R rows make of its 64 channels.
template <int R>
__attribute__((always_inline)) inline void add_panel(const uint8_t* rows, int64_t stride,
                                                     const int8_t* panel, int64_t groups,
                                                     Ints (&sums)[R][kParts]) {
#if defined(__AVX512VNNI__)
  for (int64_t k = 0; k < groups; ++k, panel += kPanel * kGroup) {
    const auto* words = reinterpret_cast<const uint32_t*>(panel);
    const Bits w0 = held(load(words)), w1 = held(load(words + kLanes));
    const Bits w2 = held(load(words + 2 * kLanes)), w3 = held(load(words + 3 * kLanes));
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      uint32_t four;
      std::memcpy(&four, rows + r * stride + k * kGroup, sizeof four);
      const Bits input = Bits{} + four;
      sums[r][0] = add_products(sums[r][0], input, w0);
      sums[r][1] = add_products(sums[r][1], input, w1);
      sums[r][2] = add_products(sums[r][2], input, w2);
      sums[r][3] = add_products(sums[r][3], input, w3);
    }
  }
#elif defined(__AVXVNNI__)
  // Sixteen 256-bit registers: two halves of the panel, one row at a time.
  for (int r = 0; r < R; ++r) {
    __m256i acc[8];
    std::memcpy(acc, sums[r], sizeof acc);
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
    std::memcpy(sums[r], acc, sizeof acc);
  }
#else
  for (int64_t k = 0; k < groups; ++k, panel += kPanel * kGroup)
    for (int r = 0; r < R; ++r) {
      const uint8_t* a = rows + r * stride + k * kGroup;
      for (int64_t c = 0; c < kPanel; ++c) {
        int32_t sum = 0;
        for (int64_t j = 0; j < kGroup; ++j)
          sum += static_cast<int32_t>(a[j]) * static_cast<int32_t>(panel[c * kGroup + j]);
        sums[r][c / kLanes][c % kLanes] += sum;
      }
    }
#endif
}

// The same for rows of float32.
template <int R>
__attribute__((always_inline)) inline void add_panel(const float* rows, int64_t stride,
                                                     const float* panel, int64_t inputs,
                                                     Vector (&sums)[R][kParts]) {
  for (int64_t k = 0; k < inputs; ++k, panel += kPanel) {
    const Vector w0 = held(load(panel)), w1 = held(load(panel + kLanes));
    const Vector w2 = held(load(panel + 2 * kLanes)), w3 = held(load(panel + 3 * kLanes));
#pragma GCC unroll 6
    for (int r = 0; r < R; ++r) {
      const Vector input = held(all(rows[r * stride + k]));
      sums[r][0] = multiply_add(input, w0, sums[r][0]);
      sums[r][1] = multiply_add(input, w1, sums[r][1]);
      sums[r][2] = multiply_add(input, w2, sums[r][2]);
      sums[r][3] = multiply_add(input, w3, sums[r][3]);
    }
  }
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
      steps_[r] = quantise(x + r * map.inputs, map.inputs, map.stride, 128, 127.0f,
                           quantised_ + r * map.stride);
  }

  // Calls take(t, values) for `height` rows (at most kTile) from `first` on, with what panel p makes
  // of them: its channels, in kParts vectors.
  template <typename F>
  void multiply(int64_t p, int64_t first, int64_t height, F take) const {
    // Nothing by reference: what is stored in between might change it, for all a compiler knows.
    with_rows(height, [=](auto rows) {
      constexpr int R = rows;
      const float* bias = map_.bias + p * kPanel;
      if (map_.exact) {
        Vector sums[R][kParts];
#pragma GCC unroll 6
        for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
          for (int v = 0; v < kParts; ++v) sums[r][v] = load(bias + v * kLanes);
        add_panel<R>(x_ + first * map_.inputs, map_.inputs,
                     map_.numbers + p * kPanel * map_.inputs, map_.inputs, sums);
#pragma GCC unroll 6
        for (int r = 0; r < R; ++r) take(r, sums[r]);
        return;
      }
      const int32_t* correction = map_.correction + p * kPanel;
      const float* scale = map_.scale + p * kPanel;
      Ints sums[R][kParts];
#pragma GCC unroll 6
      for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < kParts; ++v) sums[r][v] = load(correction + v * kLanes);
      add_panel<R>(quantised_ + first * map_.stride, map_.stride,
                   map_.packed + p * kPanel * map_.stride, map_.groups, sums);
#pragma GCC unroll 6
      for (int r = 0; r < R; ++r) {
        Vector values[kParts];
#pragma GCC unroll 4
        for (int v = 0; v < kParts; ++v)
          values[v] = multiply_add(__builtin_convertvector(sums[r][v], Vector),
                                   load(scale + v * kLanes) * steps_[first + r],
                                   load(bias + v * kLanes));
        take(r, values);
      }
    });
  }

  // The same to out [height, 64]. In a function of its own, so that the sums have the registers.
  __attribute__((noinline)) void multiply(int64_t p, int64_t first, int64_t height,
                                          float* out) const {
    multiply(p, first, height, [out](int64_t t, const Vector* values) {
#pragma GCC unroll 4
      for (int v = 0; v < kParts; ++v) store(out + t * kPanel + v * kLanes, values[v]);
    });
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
  alignas(64) static thread_local float tile[kTile * kPanel];
  const Vector least = all(map.activation == kRelu ? 0.0f : kLowest);
  for (int64_t first = 0; first < rows; first += kChunk) {
    const int64_t count = std::min(kChunk, rows - first);
    const Rows taken(map, x + first * map.inputs, count, bytes);
    for (int64_t p = 0; p < map.panels; ++p) {
      const int64_t width = std::min(kPanel, map.channels - p * kPanel);
      const bool straight = width == kPanel && map.activation <= kRelu;
      for (int64_t r = 0; r < count; r += kTile) {
        const int64_t height = std::min(kTile, count - r);
        const int64_t place = (first + r) * map.channels + p * kPanel;
        const auto to_out = [=, channels = map.channels](int64_t t, const Vector* values) {
#pragma GCC unroll 4
          for (int v = 0; v < kParts; ++v) {
            const int64_t at = place + t * channels + v * kLanes;
            const Vector value = larger(values[v], least);
            store(out + at, residual == nullptr ? value : value + load(residual + at));
          }
        };
        if (straight) {
          taken.multiply(p, r, height, to_out);
          continue;
        }
        taken.multiply(p, r, height, tile);
        for (int64_t t = 0; t < height; ++t) {
          float* row = tile + t * kPanel;
          const int64_t at = place + t * map.channels;
          activate(row, width, map.activation);
          for (int64_t c = 0; c < width; ++c)
            out[at + c] = row[c] + (residual == nullptr ? 0.0f : residual[at + c]);
        }
      }
    }
    if (norm == nullptr) continue;
    for (int64_t r = first; r < first + count; ++r)
      layer_norm(out + r * map.channels, map.channels, norm->gain, norm->offset);
  }
}

}  // namespace
