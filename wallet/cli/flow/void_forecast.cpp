#include "wallet/cli/flow/void_forecast.h"

#include <algorithm>

#include "ledger/log.h"
#include "ledger/tx/kinds.h"
#include "ledger/tx/transaction.h"
#include "wallet/cli/dates.h"
#include "wallet/client/transaction_json.h"

namespace testamur::wallet {
namespace {

using ledger::tx::Kind;

constexpr std::uint32_t kPage = 1'000;
constexpr std::size_t kShownRuns = 6;

struct Entries {
  std::vector<ledger::LogLeaf> leaves;
  std::uint64_t log_size = 0;
};

Called<Entries> entries_from(Client& client, std::uint64_t first, std::uint32_t count) {
  auto answer = client.log_entries(first, count);
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
  const Json& json = std::get<Json>(answer);
  Entries entries{{}, json.value("log_size", std::uint64_t{0})};
  for (const auto& entry : json.value("entries", Json::array())) {
    const auto bytes = from_hex(entry.value("leaf", ""));
    auto leaf =
        bytes ? ledger::decode_log_leaf(*bytes) : Result<ledger::LogLeaf>(error("not hexadecimal"));
    if (!leaf.ok())
      return CallError{CallFailure::kOther, "the node's log entry is none: " + leaf.message(), "",
                       "", ""};
    entries.leaves.push_back(*leaf);
  }
  return entries;
}

// The first entry at or after a time; header times never fall.
Called<std::uint64_t> first_since(Client& client, std::uint64_t since_ms) {
  auto head = entries_from(client, 0, 1);
  if (auto* failure = std::get_if<CallError>(&head)) return *failure;
  std::uint64_t low = 0;
  std::uint64_t high = std::get<Entries>(head).log_size;
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    auto at = entries_from(client, middle, 1);
    if (auto* failure = std::get_if<CallError>(&at)) return *failure;
    const auto& leaves = std::get<Entries>(at).leaves;
    if (leaves.empty() || leaves.front().time_ms >= since_ms) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

bool is_statement(Kind kind) {
  const auto number = static_cast<unsigned>(kind);
  return number >= static_cast<unsigned>(Kind::kRecognitionTrust) &&
         number <= static_cast<unsigned>(Kind::kAccreditationVoid);
}

std::optional<CallError> add_issuance(Client& client, const ChainId& chain,
                                      const ledger::LogLeaf& leaf, VoidForecast& forecast) {
  auto answer = client.transaction(leaf.transaction);
  if (auto* failure = std::get_if<CallError>(&answer)) return *failure;
  auto bytes = from_hex(std::get<Json>(answer).value("transaction", ""));
  auto decoded = ledger::tx::decode(chain, bytes.value_or(Bytes{}));
  const auto* transaction = std::get_if<ledger::tx::SharedTransaction>(&decoded);
  auto body = transaction != nullptr ? view_body((*transaction)->body())
                                     : Result<BodyView>(error("the node has no bytes of it"));
  ++forecast.issuances;
  if (!body.ok()) return std::nullopt;  // pruned there: the batch counts, its size is not known
  constexpr std::size_t kHexOfCommitment = 64;
  const auto listed = body->content.value("commitments", std::string{}).size() / kHexOfCommitment;
  const auto count = body->content.value("count", std::uint64_t{listed});
  forecast.credentials += count;
  forecast.runs.push_back({body->content.value("first_index", std::uint64_t{0}), count});
  return std::nullopt;
}

std::optional<CallError> add(Client& client, const ChainId& chain, const ledger::LogLeaf& leaf,
                             VoidForecast& forecast) {
  const auto kind = static_cast<Kind>(leaf.kind);
  const bool issuance = kind == Kind::kIssueListed || kind == Kind::kIssueAnchored;
  if (issuance || is_statement(kind)) {
    if (forecast.first_ms == 0) forecast.first_ms = leaf.time_ms;
    forecast.last_ms = leaf.time_ms;
  }
  if (issuance) return add_issuance(client, chain, leaf, forecast);
  if (is_statement(kind)) {
    ++forecast.statements;
  } else if (kind == Kind::kStatusChange) {
    ++forecast.status_changes;
  } else {
    ++forecast.others;
  }
  return std::nullopt;
}

std::string counted(std::uint64_t number, const char* one) {
  return std::to_string(number) + " " + one + (number == 1 ? "" : "s");
}

}  // namespace

Called<VoidForecast> forecast_void(Client& client, const ChainId& chain, const KeyId& key,
                                   std::uint64_t since_ms) {
  auto begin = first_since(client, since_ms);
  if (auto* failure = std::get_if<CallError>(&begin)) return *failure;
  VoidForecast forecast;
  for (std::uint64_t next = std::get<std::uint64_t>(begin);;) {
    auto page = entries_from(client, next, kPage);
    if (auto* failure = std::get_if<CallError>(&page)) return *failure;
    const auto& leaves = std::get<Entries>(page).leaves;
    if (leaves.empty()) return forecast;
    for (const auto& leaf : leaves) {
      if (leaf.key != key) continue;
      if (auto failure = add(client, chain, leaf, forecast)) return *failure;
    }
    next += leaves.size();
  }
}

std::string to_text(const VoidForecast& forecast) {
  if (forecast.issuances == 0 && forecast.statements == 0) {
    return "As of now nothing becomes void: the ledger holds no issuance and no statement by this "
           "key since then.";
  }
  std::string out = "As of now this makes void: " + counted(forecast.issuances, "issuance") +
                    " with " + counted(forecast.credentials, "credential") + " and " +
                    counted(forecast.statements, "statement") + ", anchored from " +
                    moment_text(forecast.first_ms) + " to " + moment_text(forecast.last_ms);
  for (std::size_t i = 0; i < std::min(forecast.runs.size(), kShownRuns); ++i) {
    const auto& run = forecast.runs[i];
    out += (i == 0 ? " (indexes " : ", ") + std::to_string(run.first_index);
    if (run.count > 1) out += "-" + std::to_string(run.first_index + run.count - 1);
  }
  if (forecast.runs.size() > kShownRuns) out += ", …";
  out += forecast.runs.empty() ? "." : ").";
  if (forecast.status_changes != 0) {
    out += "\nIts " + counted(forecast.status_changes, "status change") +
           " since then stand: look through them, and let the root keys set right what is wrong.";
  }
  return out;
}

Json to_json(const VoidForecast& forecast) {
  Json runs = Json::array();
  for (const auto& run : forecast.runs)
    runs.push_back({{"first_index", run.first_index}, {"count", run.count}});
  return Json{
      {"issuances", forecast.issuances},   {"credentials", forecast.credentials},
      {"statements", forecast.statements}, {"status_changes_that_stand", forecast.status_changes},
      {"first_ms", forecast.first_ms},     {"last_ms", forecast.last_ms},
      {"indexes", std::move(runs)}};
}

}  // namespace testamur::wallet
