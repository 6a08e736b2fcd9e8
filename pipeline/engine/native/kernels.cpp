// The engine on a CPU: plain C functions over row-major arrays, each for one thread.
//
// A product takes float32 rows and gives float32 rows: sums, bias, activation and, where asked,
// residual and layer norm. An exact map multiplies float32 numbers. The others quantise each row by
// its own largest value and multiply 8-bit integers into 32-bit sums; their weights are quantised
// per output channel and laid out once in panels of 64 channels by 4 inputs, the shape of one
// vpdpbusd instruction (AVX-512 VNNI, AVX-VNNI). Other processors run portable loops with the same
// integers. Every sum is made in one order, so a row's result depends on nothing beside it.
//
// The headers are parts of this one unit: vectors.h, bytes.h, products.h, attention.h, head.h,
// layers.h, search.h.

#include "attention.h"
#include "head.h"
#include "layers.h"
#include "products.h"
#include "search.h"

namespace {

// Returns 0, or 1 when memory runs out: no exception may reach the caller.
template <typename F>
int guarded(F work) {
  try {
    work();
    return 0;
  } catch (const std::bad_alloc&) {
    return 1;
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

int kortom_fast_in_float32() {
#if defined(__AVX512F__)
  return 1;
#else
  return 0;
#endif
}

// weight [channels, inputs], bias [channels]. Returns null when memory runs out.
void* kortom_linear_new(const float* weight, const float* bias, int64_t channels, int64_t inputs,
                        int activation, int exact) try {
  auto* map = new Linear(channels, inputs, activation, exact != 0);
  for (int64_t c = 0; c < channels; ++c) map->set(c, weight + c * inputs, bias[c]);
  return map;
} catch (const std::bad_alloc&) {
  return nullptr;
}

void kortom_linear_free(void* map) { delete static_cast<Linear*>(map); }

int kortom_linear(const void* map, const float* x, int64_t rows, float* out,
                  const float* residual, const Norm* norm) {
  return guarded([&] { apply(*static_cast<const Linear*>(map), x, rows, out, residual, norm); });
}

int kortom_top(const void* map, const float* x, int64_t rows, int64_t beams, const float* before,
               int64_t best, const float* weight, const float* bias, const float* banned,
               int renormalise, int64_t* parents, int64_t* ids, float* values) {
  return guarded([&] {
    top(*static_cast<const Linear*>(map), x, rows, beams, before, best, weight, bias, banned,
        renormalise != 0, parents, ids, values);
  });
}

// The 32-bit words that keys and values of `entries` entries take.
int64_t kortom_block(int64_t heads, int64_t width, int exact, int64_t entries) {
  return Shape(heads, width, exact != 0).block(entries);
}

int kortom_encode(const Layer* layers, int64_t depth, const Norm* last, const Layer* readers,
                  int64_t reader_count, const int64_t* lengths, int64_t count,
                  const int64_t* offsets, float* state, uint32_t* const* blocks) {
  return guarded([&] {
    encode(layers, depth, last, readers, reader_count, lengths, count, offsets, state, blocks);
  });
}

int kortom_decode(const Layer* layers, int64_t depth, const Norm* last, const Batch* batch,
                  float* state) {
  return guarded([&] { decode(layers, depth, last, *batch, state); });
}

// A search of one batch; what the structures point to must outlive it, offsets and lengths aside.
// Returns null when memory runs out.
void* kortom_search_new(const Model* model, const Settings* settings,
                        const uint32_t* const* sources, const int64_t* offsets,
                        const int64_t* lengths, int64_t rows) try {
  return new Search(*model, *settings, sources, offsets, lengths, rows);
} catch (const std::bad_alloc&) {
  return nullptr;
}

// Takes some steps. counts: rows that are left, hypotheses that were found, and their ids together.
int kortom_search_run(void* search, int64_t steps, int64_t* counts) {
  return guarded([&] {
    auto& mine = *static_cast<Search*>(search);
    mine.run(steps);
    counts[0] = mine.rows();
    counts[1] = static_cast<int64_t>(mine.found.size());
    counts[2] = 0;
    for (const Found& hypothesis : mine.found)
      counts[2] += static_cast<int64_t>(hypothesis.ids.size());
  });
}

// Hands out what was found, those of a row together, best first: their rows, scores and lengths,
// and all ids one after the other.
void kortom_search_take(void* search, int64_t* rows, float* scores, int64_t* lengths,
                        int32_t* ids) {
  auto& found = static_cast<Search*>(search)->found;
  for (const Found& hypothesis : found) {
    *rows++ = hypothesis.row;
    *scores++ = hypothesis.score;
    *lengths++ = static_cast<int64_t>(hypothesis.ids.size());
    ids = std::copy(hypothesis.ids.begin(), hypothesis.ids.end(), ids);
  }
  found.clear();
}

void kortom_search_free(void* search) { delete static_cast<Search*>(search); }

// Parts by themselves, to be checked one by one.

// The places of the highest values, as torch.topk has them.
int kortom_highest(const float* values, int64_t n, int64_t count, int64_t* places) {
  return guarded([&] { highest(values, n, count, places); });
}

int kortom_read(const float* fused, const int64_t* lengths, int64_t count, int64_t heads,
                int64_t width, int exact, float* out) {
  return guarded([&] { read(Shape(heads, width, exact != 0), fused, lengths, count, out); });
}

int kortom_arrange(const float* fused, const int64_t* lengths, const int64_t* offsets,
                   int64_t count, int64_t heads, int64_t width, int exact, uint32_t* out) {
  return guarded([&] {
    arrange(Shape(heads, width, exact != 0), fused, lengths, offsets, count, out);
  });
}

int kortom_consult(const Batch* batch, int64_t heads, int64_t width, int exact, const float* query,
                   float* out) {
  return guarded([&] { consult(Shape(heads, width, exact != 0), *batch, 0, query, out); });
}

int kortom_recall(const Batch* batch, int64_t heads, int64_t width, int exact, const float* fused,
                  float* out) {
  return guarded([&] {
    place(*batch);
    recall(Shape(heads, width, exact != 0), *batch, 0, fused, out);
    note_written(*batch);
  });
}

}  // extern "C"
