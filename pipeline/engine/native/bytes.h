// Numbers as bytes: rows rounded to 8 bits, and sums of their products.

#pragma once

#include "vectors.h"

namespace {

// Rounds a row to bytes around `zero`, its largest magnitude to `levels` of them; `padded` in all.
// Returns the size of one step.
inline float quantise(const float* x, int64_t n, int64_t padded, int32_t zero, float levels,
                      uint8_t* out) {
  float peak = 0.0f;
#pragma omp simd reduction(max : peak)
  for (int64_t i = 0; i < n; ++i) peak = std::max(peak, std::fabs(x[i]));
  const float inverse = peak > 0.0f ? levels / peak : 0.0f;
  int64_t i = 0;
#if defined(__AVX512F__)
  for (; i + kLanes <= n; i += kLanes) {
    const __m512i whole = _mm512_cvtps_epi32((__m512)(load(x + i) * inverse));
    const __m128i bytes = _mm512_cvtepi32_epi8(_mm512_add_epi32(whole, _mm512_set1_epi32(zero)));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(out + i), bytes);
  }
#endif
  for (; i < n; ++i)
    out[i] = static_cast<uint8_t>(static_cast<int32_t>(__builtin_rintf(x[i] * inverse)) + zero);
  for (; i < padded; ++i) out[i] = static_cast<uint8_t>(zero);
  return peak / levels;
}

// sum + the products of four unsigned bytes with four signed ones, in each of 16 places.
inline Ints add_products(Ints sum, Bits natural, Bits whole) {
#if defined(__AVX512VNNI__)
  return (Ints)(_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(natural), (__m512i)(whole)));
#else
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j)
    sum += (Ints)((natural >> (8 * j)) & 0xffu) * ((Ints)(whole << (24 - 8 * j)) >> 24);
  return sum;
#endif
}

}  // namespace
