// What was agreed to is kept as ranges in issuer/places_elsewhere.json: a place that is used stays
// used for ever, so that nothing there grows old.
#include "wallet/cli/flow/awards/places_elsewhere.h"

#include <algorithm>

#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

constexpr const char* kFile = "issuer/places_elsewhere.json";
constexpr std::size_t kMaxFile = std::size_t{4} << 20;

Attempt<std::vector<Places>> held_here(const Context& context,
                                       std::span<const age::Identity> identities) {
  TM_TRY(const auto batches, indexes_of_batches(context, identities));
  std::vector<Places> held;
  for (const auto& batch : batches) held.push_back({batch.first, batch.count});
  return held;
}

}  // namespace

std::vector<Places> places_beside(const std::vector<Places>& used, std::vector<Places> held) {
  std::ranges::sort(held, {}, &Places::first);
  std::vector<Places> beside;
  for (const auto& run : used) {
    std::uint64_t at = run.first;
    const std::uint64_t end = run.first + run.count;
    for (const auto& own : held) {
      const std::uint64_t own_end = own.first + own.count;
      if (own_end <= at || own.first >= end) continue;
      if (own.first > at) beside.push_back({at, own.first - at});
      at = own_end;
      if (at >= end) break;
    }
    if (at < end) beside.push_back({at, end - at});
  }
  return beside;
}

std::uint64_t count_of(const std::vector<Places>& places) {
  std::uint64_t count = 0;
  for (const auto& run : places) count += run.count;
  return count;
}

Attempt<std::vector<Places>> places_elsewhere(const Context& context,
                                              std::span<const age::Identity> identities,
                                              const std::vector<Places>& used) {
  TM_TRY(auto held, held_here(context, identities));
  return places_beside(used, std::move(held));
}

Attempt<std::vector<Places>> known_places_elsewhere(const Context& context) {
  std::vector<Places> known;
  const auto file = context.path(kFile);
  if (!is_there(file)) return known;
  TM_TRY(const auto raw, or_exit(ExitCode::kFailure, read_file(file, kMaxFile)));
  TM_TRY(const auto json, or_exit(ExitCode::kFailure, parse_strict_json(as_text(raw), kMaxFile)));
  ObjectReader reader(json, file);
  for (const auto& entry : reader.array("known")) {
    ObjectReader run(entry, file);
    const auto first = run.number("first", std::uint64_t{1} << 62);
    known.push_back({first, run.number("count", std::uint64_t{1} << 62)});
    TM_TRY_STATUS(or_exit(ExitCode::kFailure, run.finish()));
  }
  TM_TRY_STATUS(or_exit(ExitCode::kFailure, reader.finish()));
  return known;
}

Status note_places_elsewhere(const Context& context, const std::vector<Places>& places) {
  Json runs = Json::array();
  for (const auto& run : places) runs.push_back({{"first", run.first}, {"count", run.count}});
  return write_home_file(context, kFile, as_bytes(Json{{"known", std::move(runs)}}.dump()));
}

Coverage coverage_of(Context& context, std::span<const age::Identity> identities) {
  const auto profile = stored_profile(context);
  if (!profile.ok()) return {};
  Client client = context.client();
  const auto answer = asked(client.issuer_indexes(profile->institution));
  if (!answer.ok()) return {};
  const auto places = places_elsewhere(context, identities, answer->used);
  if (!places.ok()) return {};
  const auto count = count_of(*places);
  if (count == 0) return {};
  return {count, "the registers of this home do not cover " + std::to_string(count) +
                     (count == 1 ? " place" : " places") +
                     " of this institution on the ledger: an award of another home by them is not "
                     "seen here"};
}

}  // namespace testamur::wallet
