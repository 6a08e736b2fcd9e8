// Whole encoders, and whole steps of a decoder: one call each, their state in place.

#pragma once

#include "attention.h"
#include "products.h"

namespace {

// Queries that attend together within a source, so that their scores stay in the cache.
constexpr int64_t kQueries = 24;
// Source tokens that go through an encoder together: the activations of more spill out of a core's
// own cache, and those of fewer leave products too small.
constexpr int64_t kTokens = 192;

// The fields are those of a structure on the Python side; see `Layer` there.
struct Layer {
  const Linear *fused, *out;                    // queries, keys and values at once; what follows
  const Linear *query, *key_value, *cross_out;  // null in an encoder
  const Linear *inner, *outer;
  Norm own_norm, cross_norm, feed_norm;
  int64_t heads, norm_first;

  int64_t size() const { return fused->inputs; }
  Shape shape() const { return {heads, size() / heads, fused->exact}; }
};

// A batch at a step; the fields are those of a structure on the Python side.
struct Batch {
  int64_t rows, beams;
  int64_t capacity, step;     // steps there is room for, and those behind us
  int64_t entries;            // entries of a block of the past
  const int64_t* slots;       // [rows], where each row has its past
  int64_t* path;              // [rows, beams, capacity], the entries of a hypothesis
  int64_t* used;              // [rows], entries up to the last that is on a path
  int64_t* written;           // [rows], entries up to the last that ever was
  const int64_t* offsets;     // [rows], where each row has its source, in words
  const int64_t* lengths;     // [rows], how long that is
  uint32_t* const* past;      // per layer, blocks of so many entries
  const uint32_t* const* sources;  // per layer
};

struct Buffers {
  Scratch<float> normed, fused, attended, inner;
  Scratch<uint32_t> block;
  Scratch<uint8_t> live;
  Scratch<uint16_t> seen;  // [rows, beams, pages], what each hypothesis sees of its past
};

inline Buffers& buffers() {
  static thread_local Buffers mine;
  return mine;
}

// Adds out(inside(x)) to x [rows, size], with the norm in front or behind.
template <typename F>
void around(const Layer& layer, const Norm& norm, const Linear& out, float* x, int64_t rows,
            F inside) {
  if (!layer.norm_first) return apply(out, inside(x), rows, x, x, &norm);
  const int64_t size = layer.size();
  float* y = buffers().normed.get(rows * size);
  std::copy_n(x, rows * size, y);
  for (int64_t r = 0; r < rows; ++r) layer_norm(y + r * size, size, norm.gain, norm.offset);
  apply(out, inside(y), rows, x, x, nullptr);
}

void feed(const Layer& layer, float* x, int64_t rows) {
  for (int64_t first = 0; first < rows; first += kChunk) {
    const int64_t count = std::min(kChunk, rows - first);
    around(layer, layer.feed_norm, *layer.outer, x + first * layer.size(), count,
           [&](const float* y) {
             float* wide = buffers().inner.get(kChunk * layer.inner->channels);
             apply(*layer.inner, y, count, wide, nullptr, nullptr);
             return wide;
           });
  }
}

// Lays out the keys and values [tokens, stride] of a source.
void lay_out(const Shape& shape, const float* keys, const float* values, int64_t stride,
             int64_t tokens, uint32_t* block) {
  std::fill(block, block + shape.block(tokens), 0);
  for (int64_t i = 0; i < tokens; ++i)
    write_entry(shape, keys + i * stride, values + i * stride, i, block);
}

// Attention within whole sources, which lie one after the other. fused [tokens, 3, size]; lengths
// [count]; out [tokens, size].
void read(const Shape& shape, const float* fused, const int64_t* lengths, int64_t count,
          float* out) {
  const int64_t stride = 3 * shape.size;
  for (int64_t s = 0; s < count; ++s) {
    uint32_t* block = buffers().block.get(shape.block(lengths[s]));
    lay_out(shape, fused + shape.size, fused + 2 * shape.size, stride, lengths[s], block);
    for (int64_t i = 0; i < lengths[s]; i += kQueries)
      attend(shape, fused + i * stride, stride, std::min(kQueries, lengths[s] - i), block,
             lengths[s], nullptr, 0, out + i * shape.size);
    fused += lengths[s] * stride;
    out += lengths[s] * shape.size;
  }
}

// Lays out the keys and values of whole sources. fused [tokens, 2, size]; source s goes to
// out + offsets[s].
void arrange(const Shape& shape, const float* fused, const int64_t* lengths,
             const int64_t* offsets, int64_t count, uint32_t* out) {
  const int64_t stride = 2 * shape.size;
  for (int64_t s = 0; s < count; ++s) {
    lay_out(shape, fused, fused + shape.size, stride, lengths[s], out + offsets[s]);
    fused += lengths[s] * stride;
  }
}

// Attention over the source, all hypotheses of a row over its one block. query, out [rows * beams,
// size].
void consult(const Shape& shape, const Batch& batch, int64_t layer, const float* query,
             float* out) {
  const int64_t stride = batch.beams * shape.size;
  for (int64_t r = 0; r < batch.rows; ++r)
    attend(shape, query + r * stride, shape.size, batch.beams,
           batch.sources[layer] + batch.offsets[r], batch.lengths[r], nullptr, 0,
           out + r * stride);
}

// Gives the entries of this step their places: the first that are on no path any more, so that a
// block grows with what its hypotheses differ in and not with all that was ever tried. Notes what
// each hypothesis sees.
void place(const Batch& batch) {
  const int64_t pages = pages_of(batch.entries);
  uint16_t* seen = buffers().seen.get(batch.rows * batch.beams * pages);
  std::fill(seen, seen + batch.rows * batch.beams * pages, 0);
  for (int64_t r = 0; r < batch.rows; ++r) {
    uint8_t* live = buffers().live.get(batch.entries);
    int64_t* trails = batch.path + r * batch.beams * batch.capacity;
    int64_t used = 0, next = 0;
    std::fill(live, live + batch.entries, 0);
    for (int64_t b = 0; b < batch.beams; ++b)
      for (int64_t i = 0; i < batch.step; ++i) {
        const int64_t entry = trails[b * batch.capacity + i];
        live[entry] = 1;
        used = std::max(used, entry + 1);
      }
    for (int64_t b = 0; b < batch.beams; ++b, seen += pages) {
      int64_t* trail = trails + b * batch.capacity;
      while (live[next]) ++next;
      trail[batch.step] = next++;
      for (int64_t i = 0; i <= batch.step; ++i)
        seen[trail[i] / kLanes] |= static_cast<uint16_t>(1u << trail[i] % kLanes);
    }
    batch.used[r] = std::max(used, next);
  }
}

void note_written(const Batch& batch) {
  for (int64_t r = 0; r < batch.rows; ++r)
    batch.written[r] = std::max(batch.written[r], batch.used[r]);
}

// Self-attention over what was produced, of which this step is written first. The beams of a row
// share one block, and each sees what is on its path. fused [rows * beams, 3, size]; out [rows *
// beams, size].
void recall(const Shape& shape, const Batch& batch, int64_t layer, const float* fused,
            float* out) {
  const int64_t beams = batch.beams, stride = 3 * shape.size, pages = pages_of(batch.entries);
  const uint16_t* seen = buffers().seen.get(batch.rows * beams * pages);
  for (int64_t r = 0; r < batch.rows; ++r) {
    uint32_t* block = batch.past[layer] + batch.slots[r] * shape.block(batch.entries);
    // What is hidden or not written yet counts nothing, but only if it is a number.
    std::fill(block + shape.block(batch.written[r]),
              block + std::max(shape.block(batch.written[r]), shape.block(batch.used[r])), 0);
    for (int64_t b = 0; b < beams; ++b) {
      const float* key = fused + (r * beams + b) * stride + shape.size;
      const int64_t* trail = batch.path + (r * beams + b) * batch.capacity;
      write_entry(shape, key, key + shape.size, trail[batch.step], block);
    }
    attend(shape, fused + r * beams * stride, stride, beams, block, batch.used[r],
           seen + r * beams * pages, pages, out + r * beams * shape.size);
  }
}

// Runs an encoder over sources that lie one after the other (state [tokens, size], embedded), and
// lays out the keys and values that each decoder layer needs of them (blocks, per layer).
void encode(const Layer* layers, int64_t depth, const Norm* last, const Layer* readers,
            int64_t reader_count, const int64_t* lengths, int64_t count, const int64_t* offsets,
            float* state, uint32_t* const* blocks) {
  const int64_t size = layers[0].size();
  int64_t tokens = 0;
  for (int64_t first = 0, next = 0; first < count; first = next, state += tokens * size) {
    for (tokens = lengths[next++]; next < count && tokens + lengths[next] <= kTokens; ++next)
      tokens += lengths[next];
    for (int64_t l = 0; l < depth; ++l) {
      const Layer& layer = layers[l];
      around(layer, layer.own_norm, *layer.out, state, tokens, [&](const float* y) {
        float* fused = buffers().fused.get(tokens * 3 * size);
        float* attended = buffers().attended.get(tokens * size);
        apply(*layer.fused, y, tokens, fused, nullptr, nullptr);
        read(layer.shape(), fused, lengths + first, next - first, attended);
        return attended;
      });
      feed(layer, state, tokens);
    }
    if (last != nullptr)
      for (int64_t t = 0; t < tokens; ++t)
        layer_norm(state + t * size, size, last->gain, last->offset);
    for (int64_t l = 0; l < reader_count; ++l) {
      float* fused = buffers().fused.get(tokens * 2 * size);
      apply(*readers[l].key_value, state, tokens, fused, nullptr, nullptr);
      arrange(readers[l].shape(), fused, lengths + first, offsets + first, next - first, blocks[l]);
    }
  }
}

// Runs a decoder for one step of a batch. state [rows * beams, size], embedded.
void decode(const Layer* layers, int64_t depth, const Norm* last, const Batch& batch,
            float* state) {
  const int64_t size = layers[0].size(), rows = batch.rows * batch.beams;
  float* fused = buffers().fused.get(rows * 3 * size);
  float* attended = buffers().attended.get(rows * size);
  place(batch);
  for (int64_t l = 0; l < depth; ++l) {
    const Layer& layer = layers[l];
    around(layer, layer.own_norm, *layer.out, state, rows, [&](const float* y) {
      apply(*layer.fused, y, rows, fused, nullptr, nullptr);
      recall(layer.shape(), batch, l, fused, attended);
      return attended;
    });
    around(layer, layer.cross_norm, *layer.cross_out, state, rows, [&](const float* y) {
      apply(*layer.query, y, rows, fused, nullptr, nullptr);
      consult(layer.shape(), batch, l, fused, attended);
      return attended;
    });
    feed(layer, state, rows);
  }
  note_written(batch);
  if (last != nullptr)
    for (int64_t r = 0; r < rows; ++r) layer_norm(state + r * size, size, last->gain, last->offset);
}

}  // namespace
