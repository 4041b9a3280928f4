#include "wallet/cli/flow/awards/awards_left_alone.h"

#include <algorithm>
#include <set>

#include "common/typed_word.h"
#include "wallet/credential/batch.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kShown = 10;

bool is_among(const std::vector<AwardRecord>& awards, const AwardRecord& award) {
  return std::ranges::any_of(
      awards, [&](const AwardRecord& other) { return other.indexes == award.indexes; });
}

std::string listed(const std::vector<std::uint64_t>& indexes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(indexes.size(), kShown); ++i)
    text += (i == 0 ? "" : ", ") + std::to_string(indexes[i]);
  return indexes.size() > kShown ? text + ", …" : text;
}

// The places of a batch that no row of its register has.
std::vector<std::uint64_t> without_learner(const std::vector<AwardRecord>& known,
                                           const BatchIndexes& batch) {
  std::set<std::uint64_t> taken;
  for (const auto& award : known) {
    for (const auto& index : award.indexes) taken.insert(index.value);
  }
  std::vector<std::uint64_t> free;
  for (std::uint64_t i = batch.first; i < batch.first + batch.count; ++i) {
    if (!taken.contains(i)) free.push_back(i);
  }
  return free;
}

}  // namespace

std::vector<std::string> awards_left_alone(const std::vector<AwardRecord>& known,
                                           const std::vector<AwardRecord>& changed,
                                           const std::vector<AwardRecord>& replaced,
                                           const std::vector<BatchIndexes>& whole,
                                           const std::string& verb) {
  std::vector<std::string> sentences;
  for (const auto& old : replaced) {
    for (const auto& other : awards_beside(known, {old.student}, old.achievement, old)) {
      if (!is_among(changed, other)) {
        sentences.push_back(
            "the award that stands beside a replaced one stays as it is: " + award_text(other) +
            "; to " + verb + " that too: testamur issuer " + "status " + verb + " " +
            typed_option("--student", other.student) + " --batch " + other.batch);
      }
    }
  }

  for (const auto& batch : whole) {
    const auto free = without_learner(known, batch);
    if (free.empty()) continue;
    // A class below the least size is filled up, and nobody can tell the one from the other.
    const bool may_be_filling = batch.count <= kMinBatchSize;
    sentences.push_back("batch " + batch.batch + " has " + std::to_string(free.size()) +
                        (free.size() == 1 ? " place" : " places") + " without a learner (index " +
                        listed(free) + "), " +
                        (may_be_filling ? "which hide how small the class is: an award of a "
                                          "learner who was erased would be among them, and"
                                        : "of learners who were erased: such an award") +
                        " stays as it is unless --index names it");
  }
  return sentences;
}

}  // namespace testamur::wallet
