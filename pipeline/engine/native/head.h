// The output projection: the best few channels of each row, without storing the others.

#pragma once

#include "products.h"

namespace {

constexpr int64_t kSpare = 4;  // candidates more than asked for, before they are computed exactly

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

// The `best` highest continuations of each row, best first: the scores `before` [rows, beams] with
// the log-probabilities of what follows each (of equals, the lower beam and then the lower id). The
// integers choose a few more than asked for; these are computed again from `weight` [channels,
// inputs] and `bias` in float32, and ranked by that (an exact map needs neither). `banned` [panels *
// 64] is added to logits when they are ranked (0 or -inf), and counts in the normaliser only if
// asked. x [rows * beams, inputs]; parents, ids, values [rows, best].
void top(const Linear& map, const float* x, int64_t groups, int64_t beams, const float* before,
         int64_t best, const float* weight, const float* bias, const float* banned,
         bool renormalise, int64_t* parents, int64_t* ids, float* values) {
  const int64_t rows = groups * beams;
  static thread_local Scratch<uint8_t> bytes;
  static thread_local Scratch<float> floats;
  static thread_local Scratch<int64_t> places;
  alignas(64) float tile[kTile * kPanel];
  const int64_t kept = map.exact ? best : best + kSpare;
  const Rows taken(map, x, rows, bytes);
  float* totals = floats.get(rows * (kLanes + 2 + kept) + 2 * kept);
  float* normalisers = totals + rows * kLanes;
  float* references = normalisers + rows;
  float* leaders = references + rows;
  int64_t* leading = places.get((rows + 2) * kept);
  std::fill(references, references + rows, -1e30f);
  std::fill(totals, totals + rows * kLanes, 0.0f);
  std::fill(leaders, leaders + rows * kept, kLowest);
  std::fill(leading, leading + rows * kept, 0);
  for (int64_t p = 0; p < map.panels; ++p) {
    for (int64_t first = 0; first < rows; first += kTile) {
      const int64_t height = std::min(kTile, rows - first);
      taken.multiply(p, first, height, tile);
      for (int64_t t = 0; t < height; ++t) {
        const int64_t r = first + t;
        Vector logits[kParts];
        for (int64_t v = 0; v < kParts; ++v) {
          logits[v] = load(tile + t * kPanel + v * kLanes);
          if (banned != nullptr && renormalise)
            logits[v] += load(banned + p * kPanel + v * kLanes);
        }
        const Vector peaks = larger(larger(logits[0], logits[1]), larger(logits[2], logits[3]));
        // Sums are relative to a reference that follows the highest logit, at some distance: what
        // matters is that nothing overflows, and that the largest terms are not lost.
        if (above(peaks, references[r] + 40.0f)) {
          const float moved = peak_of(peaks);
          const Vector factor = exp_of(all(references[r] - moved));
          store(totals + r * kLanes, load(totals + r * kLanes) * factor);
          references[r] = moved;
        }
        const Vector shift = all(-references[r] * kLog2e);
        Vector total = load(totals + r * kLanes);
        for (int64_t v = 0; v < kParts; ++v) {
          const Vector power = logits[v] * kLog2e + shift;
          total += map.exact ? exact_exp2_of(power) : exp2_of(power);
        }
        store(totals + r * kLanes, total);
        float* value = leaders + r * kept;
        if (!above(peaks, value[kept - 1])) continue;
        for (int64_t v = 0; v < kParts; ++v) {
          if (banned != nullptr && !renormalise)
            logits[v] += load(banned + p * kPanel + v * kLanes);
          alignas(64) float ranked[kLanes];
          store(ranked, logits[v]);
          for (uint32_t rest = above(logits[v], value[kept - 1]); rest != 0; rest &= rest - 1) {
            const int64_t i = __builtin_ctz(rest);
            rank(ranked[i], p * kPanel + v * kLanes + i, kept, value, leading + r * kept);
          }
        }
      }
    }
  }
  float *roughly = leaders + rows * kept, *exactly = roughly + kept;
  int64_t *order = leading + rows * kept, *ranked = order + kept;
  for (int64_t g = 0; g < groups; ++g) {
    // Of all hypotheses of a row together, so that few are computed again.
    std::fill(roughly, roughly + kept, kLowest);
    for (int64_t b = 0; b < beams; ++b) {
      const int64_t r = g * beams + b;
      normalisers[r] = references[r] + std::log(sum_of(load(totals + r * kLanes)));
      const float shift = before[r] - normalisers[r];
      for (int64_t i = 0; i < kept; ++i)
        rank(leaders[r * kept + i] + shift, b * map.channels + leading[r * kept + i], kept, roughly,
             order);
    }
    const int64_t found = std::count_if(roughly, roughly + kept,
                                        [](float v) { return v > kLowest; });
    // By id, so that of equals the lower one comes first again.
    if (!map.exact) std::sort(order, order + found);
    std::fill(exactly, exactly + best, kLowest);
    std::fill(ranked, ranked + best, 0);
    for (int64_t i = 0; i < found; ++i) {
      if (map.exact) {
        exactly[i] = roughly[i];
        ranked[i] = order[i];
        continue;
      }
      const int64_t r = g * beams + order[i] / map.channels, id = order[i] % map.channels;
      const float* w = weight + id * map.inputs;
      const float* from = x + r * map.inputs;
      float sum = 0.0f;
#pragma omp simd reduction(+ : sum)
      for (int64_t k = 0; k < map.inputs; ++k) sum += from[k] * w[k];
      rank(before[r] + (sum + bias[id] - normalisers[r]), order[i], best, exactly, ranked);
    }
    for (int64_t i = 0; i < best; ++i) {
      values[g * best + i] = exactly[i];
      parents[g * best + i] = ranked[i] / map.channels;
      ids[g * best + i] = ranked[i] % map.channels;
    }
  }
}

}  // namespace
