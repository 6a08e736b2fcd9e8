// Memory and vectors: the compiler's own vector type, so that one text serves every processor.

#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <new>
#include <type_traits>

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__) || defined(__AVX512F__)
#include <immintrin.h>
#endif

namespace {

constexpr int64_t kLanes = 16;  // numbers in a vector, whatever the processor makes of one
constexpr float kLog2e = 1.44269504088896341f;
constexpr float kLowest = -std::numeric_limits<float>::infinity();

inline int64_t round_up(int64_t value, int64_t unit) { return (value + unit - 1) / unit * unit; }

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
inline void store(uint32_t* p, Bits v) { *reinterpret_cast<LooseBits*>(p) = v; }
// The first n of a vector, and zeros.
inline Vector load(const float* p, int64_t n) {
  if (n == kLanes) return load(p);
  alignas(64) float some[kLanes] = {};
  std::copy_n(p, n, some);
  return load(some);
}
// The first n of a vector to memory.
inline void store(float* p, int64_t n, Vector v) {
  if (n >= kLanes) return store(p, v);
  alignas(64) float some[kLanes];
  store(some, v);
  std::copy_n(some, n, p);
}
// The same, in a register: a compiler that may read it again, as part of each instruction that uses
// it, reads more than a processor can.
template <typename V>
inline V held(V v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#endif
  return v;
}

inline Vector all(float x) { return Vector{} + x; }
inline Vector larger(Vector a, Vector b) { return a > b ? a : b; }

inline Vector multiply_add(Vector a, Vector b, Vector c) {
#if defined(__AVX512F__)
  return (Vector)(_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)));
#else
  return a * b + c;
#endif
}

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

// One bit for each number that is above the limit, the lowest bit for the first.
inline uint32_t above(Vector v, float limit) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask((__m512)(v), _mm512_set1_ps(limit), _CMP_GT_OQ);
#else
  uint32_t bits = 0;
  for (int64_t i = 0; i < kLanes; ++i) bits |= static_cast<uint32_t>(v[i] > limit) << i;
  return bits;
#endif
}

// The largest whole number that is not above x.
inline Vector floor_of(Vector x) {
#if defined(__AVX512F__)
  return (Vector)(_mm512_floor_ps((__m512)(x)));
#else
  // Adding and taking away 1.5 * 2^23 leaves the nearest whole number.
  const Vector magic = all(12582912.0f);
  const Vector near = (x + magic) - magic;
  return near > x ? near - 1.0f : near;
#endif
}

// p * 2^n for a whole n in [-126, 127].
inline Vector scaled(Vector p, Vector n) {
#if defined(__AVX512F__)
  return (Vector)(_mm512_scalef_ps((__m512)(p), (__m512)(n)));
#else
  const Ints exponent = (__builtin_convertvector(n, Ints) + 127) << 23;
  return p * (Vector)exponent;
#endif
}

// 2^x to 3e-6, for x up to 127: whole powers by the exponent, the rest by a polynomial fitted to
// 2^f for f in [0, 1] (least squares, weighted until the largest relative error was least).
inline Vector exp2_of(Vector x) {
  x = larger(x, all(-126.0f));
  const Vector n = floor_of(x), f = x - n;
  Vector p = all(1.35341603e-2f);
  p = p * f + 5.2011475e-2f;
  p = p * f + 2.41442755e-1f;
  p = p * f + 6.93003833e-1f;
  p = p * f + 1.00000262f;
  return scaled(p, n);
}

// 2^x to the last bit or two: the nearest whole power, and the series of 2^f for f in [-1/2, 1/2].
inline Vector exact_exp2_of(Vector x) {
  x = larger(x, all(-126.0f));
  const Vector n = floor_of(x + 0.5f), f = x - n;
  Vector p = all(1.52527338e-5f);
  p = multiply_add(p, f, all(1.54035304e-4f));
  p = multiply_add(p, f, all(1.33335581e-3f));
  p = multiply_add(p, f, all(9.61812911e-3f));
  p = multiply_add(p, f, all(5.55041087e-2f));
  p = multiply_add(p, f, all(2.40226507e-1f));
  p = multiply_add(p, f, all(6.93147181e-1f));
  p = multiply_add(p, f, all(1.0f));
  return scaled(p, n);
}

inline Vector smaller(Vector a, Vector b) { return a < b ? a : b; }

inline Vector exp_of(Vector x) { return exact_exp2_of(smaller(x * kLog2e, all(126.0f))); }

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
  if (i < n) store(x + i, n - i, f(load(x + i, n - i), i));
}

}  // namespace
