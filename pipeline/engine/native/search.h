// Whole searches: from encoded sources to hypotheses, many steps a call.
//
// The arithmetic is that of greedy.py and beam.py, whose comments say where it comes from; what is
// here is their bookkeeping without an interpreter between two steps.

#pragma once

#include <utility>
#include <vector>

#include "head.h"
#include "layers.h"

namespace {

// The score of what is not there, and the score below which nothing real is found.
constexpr float kAbsent = -1.0e9f, kUnreal = -1.0e8f;
// Ids that every hypothesis begins with: the decoder's start.
constexpr int64_t kPrompt = 1;

// A decoder and its projection; the fields are those of a structure on the Python side.
struct Model {
  const Layer* layers;
  int64_t depth;
  const Norm* last;        // after the last layer, or null
  const float* words;      // [vocabulary, size]
  const float* positions;  // [steps, size]
  const float* blank;      // in place of a position, where the id is `padding`, or null
  int64_t padding;
  double scale;       // of words
  const Norm* first;  // of embeddings, or null
  int64_t vocabulary;
  const Linear* head;
  const float* weight;  // the projection again in float32, or null if it is exact
  const float* bias;
};

// What to search for; the fields are those of a structure on the Python side.
struct Settings {
  int64_t beams, wanted;  // hypotheses of a row, and continuations that are looked at
  int64_t longest;        // ids of a hypothesis, with the start
  int64_t returned;
  int64_t start;
  const int64_t* ends;
  int64_t end_count;
  double length_penalty;
  int64_t early;  // 0, 1, or 2 for "never"
  int64_t renormalise;
  const float* const* bans;  // [ban_count], by the ids so far, the last for all that follow
  int64_t ban_count;
  int64_t forced_first, forced_last;  // -1 for none
};

struct Found {
  int64_t row;
  float score;
  std::vector<int32_t> ids;
};

// The places of the `count` highest of n values, best first. Of equals those come first that
// torch.topk puts first, as HF's beam search asks it: libtorch selects and sorts with these very
// functions of the standard library (TopKImpl.h).
inline void highest(const float* values, int64_t n, int64_t count, int64_t* places) {
  static thread_local std::vector<std::pair<float, int64_t>> queue;
  queue.clear();
  for (int64_t i = 0; i < n; ++i) queue.emplace_back(values[i], i);
  const auto before = [](const auto& a, const auto& b) { return a.first > b.first; };
  if (count * 64 <= n) {
    std::partial_sort(queue.begin(), queue.begin() + count, queue.end(), before);
  } else {
    std::nth_element(queue.begin(), queue.begin() + count - 1, queue.end(), before);
    std::sort(queue.begin(), queue.begin() + count - 1, before);
  }
  for (int64_t i = 0; i < count; ++i) places[i] = queue[i].second;
}

// One batch. Sources [per layer] are not copied; offsets and lengths [rows] are.
class Search {
 public:
  Search(const Model& model, const Settings& settings, const uint32_t* const* sources,
         const int64_t* offsets, const int64_t* lengths, int64_t rows)
      : model_(model),
        set_(settings),
        rows_(rows),
        shape_(model.layers[0].shape()),
        sources_(sources, sources + model.depth),
        offsets_(offsets, offsets + rows),
        lengths_(lengths, lengths + rows),
        used_(rows, 0),
        written_(rows, 0),
        history_(rows * settings.beams * settings.longest, static_cast<int32_t>(settings.start)),
        totals_(rows * settings.beams, settings.beams > 1 ? kAbsent : 0.0f),
        places_(rows * settings.beams),
        past_(std::move(spare())) {
    // At first all beams are the same: only the first one counts.
    for (int64_t r = 0; r < rows; ++r) totals_[r * set_.beams] = 0.0f;
    for (int64_t r = 0; r < rows; ++r) names_.push_back(r);
    slots_ = names_;
    // Few outputs are longer than this, and the beams of a row have most of their past in common.
    const int64_t most = *std::max_element(lengths, lengths + rows) * 3 / 2;
    capacity_ = std::min(round_up(most, kLanes), room());
    // Room for one step at least, so that doubling is always enough.
    entries_ = std::max(capacity_ * std::min<int64_t>(set_.beams, 2), round_up(set_.beams, kLanes));
    path_.resize(rows * set_.beams * capacity_);
    past_.resize(model.depth);
    for (auto& block : past_) reserve(block, rows * shape_.block(entries_));
  }

  // Its memory is for the thread's next search: fresh pages cost more than what is in them.
  ~Search() { spare() = std::move(past_); }

  // Takes at most so many steps; rows that finish leave at once. When memory runs out, this search
  // can only be freed.
  void run(int64_t steps) try {
    for (; steps > 0 && rows_ > 0; --steps) step();
  } catch (const std::bad_alloc&) {
    past_ = {};
    throw;
  }

  int64_t rows() const { return rows_; }
  std::vector<Found> found;

 private:
  // A hypothesis that has ended, in one of the places of its row.
  struct Ended {
    float score = kAbsent;
    bool ended = false, real = false;
    std::vector<int32_t> ids;
  };

  static std::vector<std::vector<uint32_t>>& spare() {
    static thread_local std::vector<std::vector<uint32_t>> mine;
    return mine;
  }

  static void reserve(std::vector<uint32_t>& block, int64_t words) {
    if (static_cast<int64_t>(block.size()) >= words) return;
    // What it holds is of no use any more: it goes before the new memory comes.
    block = {};
    block.resize(words);
  }

  int64_t room() const { return round_up(set_.longest, kLanes); }
  int32_t* history(int64_t row, int64_t beam) {
    return history_.data() + (row * set_.beams + beam) * set_.longest;
  }
  bool is_end(int64_t id) const {
    return std::find(set_.ends, set_.ends + set_.end_count, id) != set_.ends + set_.end_count;
  }
  // What a score of so many ids is divided by.
  float divisor(int64_t ids) const {
    return static_cast<float>(std::pow(static_cast<double>(ids), set_.length_penalty));
  }

  void step() {
    static thread_local Scratch<float> scratch;
    float* state = scratch.get(rows_ * set_.beams * model_.layers[0].size());
    embed(state);
    make_room();
    std::vector<uint32_t*> past;
    for (auto& block : past_) past.push_back(block.data());
    const Batch batch{rows_,          set_.beams,     capacity_,       length_ - kPrompt,
                      entries_,       slots_.data(),  path_.data(),    used_.data(),
                      written_.data(), offsets_.data(), lengths_.data(), past.data(),
                      sources_.data()};
    decode(model_.layers, model_.depth, model_.last, batch, state);
    values_.resize(rows_ * set_.wanted);
    parents_.resize(rows_ * set_.wanted);
    ids_.resize(rows_ * set_.wanted);
    propose(state);
    full_ = length_ + 1 >= set_.longest;
    done_.assign(rows_, 0);
    for (int64_t r = 0; r < rows_; ++r) done_[r] = set_.beams > 1 ? extend(r) : append(r);
    ++length_;
    leave();
  }

  void embed(float* state) {
    const int64_t size = model_.layers[0].size();
    const float scale = static_cast<float>(model_.scale);
    const float* position = model_.positions + (length_ - kPrompt) * size;
    for (int64_t h = 0; h < rows_ * set_.beams; ++h, state += size) {
      const int64_t id = history_[h * set_.longest + length_ - 1];
      const float* word = model_.words + id * size;
      const bool is_blank = model_.blank != nullptr && id == model_.padding;
      const float* place = is_blank ? model_.blank : position;
      // In two loops, so that the product is rounded as torch rounds it.
#pragma omp simd
      for (int64_t k = 0; k < size; ++k) state[k] = word[k] * scale;
#pragma omp simd
      for (int64_t k = 0; k < size; ++k) state[k] += place[k];
      const Norm* norm = model_.first;
      if (norm != nullptr) layer_norm(state, size, norm->gain, norm->offset);
    }
  }

  // Sees to it that the next step has a place on every path and in every block.
  void make_room() {
    const int64_t paths = rows_ * set_.beams;
    if (length_ - kPrompt == capacity_) {
      const int64_t wider = std::min(2 * capacity_, room());
      std::vector<int64_t> path(paths * wider);
      for (int64_t p = 0; p < paths; ++p)
        std::copy_n(path_.data() + p * capacity_, capacity_, path.data() + p * wider);
      path_ = std::move(path);
      capacity_ = wider;
    }
    const int64_t used = *std::max_element(used_.begin(), used_.begin() + rows_);
    if (used + set_.beams > entries_) grow(std::min(2 * entries_, room() * set_.beams));
  }

  // A block's pages lie in order, so more of them follow those that there are.
  void grow(int64_t entries) {
    const int64_t before = shape_.block(entries_), after = shape_.block(entries);
    for (auto& block : past_) {
      std::vector<uint32_t> grown((1 + *std::max_element(slots_.begin(), slots_.begin() + rows_)) *
                                  after);
      for (int64_t r = 0; r < rows_; ++r)
        std::copy_n(block.data() + slots_[r] * before, before, grown.data() + slots_[r] * after);
      block = std::move(grown);
    }
    entries_ = entries;
  }

  // The best continuations of each row, best first: values_, parents_, ids_ [rows, wanted].
  void propose(const float* state) {
    int64_t forced = length_ == set_.longest - 1 ? set_.forced_last : -1;
    if (forced < 0 && length_ == kPrompt) forced = set_.forced_first;
    const float* banned = set_.bans[std::min(length_, set_.ban_count - 1)];
    if (forced >= 0 && set_.beams > 1) return force(forced);
    if (forced >= 0) {
      // The model's own probability of it is what counts (by the projection in float32).
      only_.assign(model_.head->panels * kPanel, kLowest);
      only_[forced] = 0.0f;
      banned = only_.data();
    }
    top(*model_.head, state, rows_, set_.beams, totals_.data(), set_.wanted, model_.weight,
        model_.bias, banned, set_.renormalise != 0, parents_.data(), ids_.data(), values_.data());
  }

  // Every beam goes on with one id, at no cost. Beams of equal scores come in the order in which
  // HF has them, which looks for the best of a whole row of continuations.
  void force(int64_t id) {
    const int64_t vocabulary = model_.vocabulary;
    whole_.assign(set_.beams * vocabulary, kLowest);
    chosen_.resize(set_.wanted);
    std::fill(values_.begin(), values_.end(), kLowest);
    std::fill(parents_.begin(), parents_.end(), 0);
    std::fill(ids_.begin(), ids_.end(), id);
    for (int64_t r = 0; r < rows_; ++r) {
      const float* totals = totals_.data() + r * set_.beams;
      for (int64_t b = 0; b < set_.beams; ++b) whole_[b * vocabulary + id] = totals[b];
      highest(whole_.data(), set_.beams * vocabulary, set_.wanted, chosen_.data());
      for (int64_t i = 0; i < set_.wanted; ++i) {
        if (whole_[chosen_[i]] == kLowest) break;
        values_[r * set_.wanted + i] = whole_[chosen_[i]];
        parents_[r * set_.wanted + i] = chosen_[i] / vocabulary;
      }
    }
  }

  // Greedy search: takes the best id; true if the row is done.
  bool append(int64_t r) {
    int32_t* ids = history(r, 0);
    ids[length_] = static_cast<int32_t>(ids_[r]);
    totals_[r] = values_[r];
    if (!full_ && !is_end(ids_[r])) return false;
    found.push_back({names_[r], totals_[r] / divisor(length_), {ids + kPrompt, ids + length_ + 1}});
    return true;
  }

  // Beam search: chooses among the continuations of a row; true if the row is done.
  bool extend(int64_t r) {
    const int64_t beams = set_.beams, wanted = set_.wanted;
    const float* values = values_.data() + r * wanted;
    const int64_t* ids = ids_.data() + r * wanted;
    const int64_t* parents = parents_.data() + r * wanted;
    running_.resize(wanted);
    chosen_.resize(beams);
    ends_.resize(wanted);
    bool all = true, any = false;
    for (int64_t i = 0; i < wanted; ++i) {
      ends_[i] = full_ || is_end(ids[i]);
      running_[i] = values[i] + (ends_[i] ? kAbsent : 0.0f);
      all = all && ends_[i];
      any = any || (i < beams && ends_[i]);
    }
    // Those that end compete for the finished places.
    if (any) finish(r, values, parents, ids);
    // The best of the others run on.
    highest(running_.data(), wanted, beams, chosen_.data());
    follow(r, parents);
    for (int64_t b = 0; b < beams; ++b) {
      totals_[r * beams + b] = running_[chosen_[b]];
      history(r, b)[length_] = static_cast<int32_t>(ids[chosen_[b]]);
    }
    // A row is done when it cannot get better, or has nothing left to run.
    const Ended* places = places_.data() + r * beams;
    const bool ended = std::all_of(places, places + beams, [](const Ended& e) { return e.ended; });
    if (improvable(r) && !all && !(set_.early == 1 && ended)) return false;
    give(r);
    return true;
  }

  void finish(int64_t r, const float* values, const int64_t* parents, const int64_t* ids) {
    const int64_t beams = set_.beams, wanted = set_.wanted;
    Ended* places = places_.data() + r * beams;
    merged_.resize(beams + wanted);
    for (int64_t b = 0; b < beams; ++b) merged_[b] = places[b].score;
    const float divided = divisor(length_);
    for (int64_t i = 0; i < wanted; ++i)
      merged_[beams + i] = values[i] / divided + (i < beams && ends_[i] ? 0.0f : kAbsent);
    highest(merged_.data(), beams + wanted, beams, chosen_.data());
    std::vector<Ended> kept(beams);
    for (int64_t b = 0; b < beams; ++b) {
      const int64_t i = chosen_[b] - beams;
      if (i < 0) {
        kept[b] = std::move(places[chosen_[b]]);
        continue;
      }
      kept[b].score = merged_[chosen_[b]];
      if (i >= beams || !ends_[i]) continue;
      const int32_t* before = history(r, parents[i]);
      kept[b].ended = true;
      kept[b].real = values[i] > kUnreal;
      kept[b].ids.assign(before + kPrompt, before + length_);
      kept[b].ids.push_back(static_cast<int32_t>(ids[i]));
    }
    std::move(kept.begin(), kept.end(), places);
  }

  // Lets each beam continue the ids and the past of the one it came from.
  void follow(int64_t r, const int64_t* parents) {
    const int64_t beams = set_.beams;
    bool moved = false;
    for (int64_t b = 0; b < beams; ++b) moved = moved || parents[chosen_[b]] != b;
    if (!moved) return;
    int64_t* path = path_.data() + r * beams * capacity_;
    old_ids_.assign(history(r, 0), history(r, 0) + beams * set_.longest);
    old_path_.assign(path, path + beams * capacity_);
    for (int64_t b = 0; b < beams; ++b) {
      const int64_t from = parents[chosen_[b]];
      std::copy_n(old_ids_.data() + from * set_.longest, length_, history(r, b));
      // The entries of this step included.
      std::copy_n(old_path_.data() + from * capacity_, length_, path + b * capacity_);
    }
  }

  // Whether the best running hypothesis could still displace the worst finished one: HF's
  // heuristic, `_check_early_stop_heuristic`.
  bool improvable(int64_t r) const {
    const bool hopeful = set_.early == 2 && set_.length_penalty > 0.0;
    const int64_t length = (hopeful ? set_.longest : length_ + 1) - kPrompt;
    const float possible = totals_[r * set_.beams] / divisor(length);
    const Ended* places = places_.data() + r * set_.beams;
    float worst = places[0].score;
    for (int64_t b = 1; b < set_.beams; ++b) worst = std::min(worst, places[b].score);
    for (int64_t b = 0; b < set_.beams; ++b)
      if (possible > (places[b].ended ? worst : kAbsent)) return true;
    return false;
  }

  // Passes on what a row has found: what is real of it, or one hypothesis that is not.
  void give(int64_t r) {
    Ended* places = places_.data() + r * set_.beams;
    int64_t given = 0;
    for (int64_t b = 0; b < set_.returned; ++b)
      if (places[b].ended && places[b].real) {
        found.push_back({names_[r], places[b].score, std::move(places[b].ids)});
        ++given;
      }
    if (given > 0) return;
    for (int64_t b = 0; b < set_.returned; ++b)
      if (places[b].ended) {
        found.push_back({names_[r], places[b].score, std::move(places[b].ids)});
        return;
      }
    found.push_back({names_[r], kLowest, {}});
  }

  // Takes out the rows that are done; rows at the end fill the holes.
  void leave() {
    for (int64_t r = 0; r < rows_;) {
      if (!done_[r]) {
        ++r;
        continue;
      }
      if (--rows_ == r) return;
      done_[r] = done_[rows_];
      const auto move = [&](auto& all, int64_t width) {
        std::move(all.begin() + rows_ * width, all.begin() + (rows_ + 1) * width,
                  all.begin() + r * width);
      };
      for (auto* all : {&names_, &slots_, &offsets_, &lengths_, &used_, &written_}) move(*all, 1);
      move(path_, set_.beams * capacity_);
      move(history_, set_.beams * set_.longest);
      move(totals_, set_.beams);
      move(places_, set_.beams);
    }
  }

  const Model model_;
  const Settings set_;
  int64_t rows_, length_ = kPrompt, capacity_ = 0, entries_ = 0;
  const Shape shape_;
  const std::vector<const uint32_t*> sources_;
  std::vector<int64_t> names_, slots_, offsets_, lengths_, used_, written_;  // [rows]
  std::vector<int64_t> path_;     // [rows, beams, capacity]
  std::vector<int32_t> history_;  // [rows, beams, longest]
  std::vector<float> totals_;     // [rows, beams]
  std::vector<Ended> places_;     // [rows, beams]
  std::vector<std::vector<uint32_t>> past_;
  std::vector<float> values_, running_, merged_, only_, whole_;
  std::vector<int64_t> parents_, ids_, chosen_, old_path_;
  std::vector<int32_t> old_ids_;
  std::vector<uint8_t> ends_, done_;
  bool full_ = false;
};

}  // namespace
