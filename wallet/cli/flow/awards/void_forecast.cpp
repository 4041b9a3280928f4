// The log is read as the node shows it, page by page, from the first entry that may become void on.
// Nothing of it is proven. What the node visibly does not show is said, because a person decides by
// these numbers about something that cannot be taken back.
#include "wallet/cli/flow/awards/void_forecast.h"

#include <algorithm>

#include "ledger/log.h"
#include "ledger/tx/kinds.h"
#include "ledger/tx/transaction.h"
#include "wallet/cli/dates.h"

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
  const auto& said = std::get<LogEntriesAnswer>(answer);
  Entries entries{{}, said.log_size};
  for (const auto& bytes : said.leaves) {
    auto leaf = ledger::decode_log_leaf(bytes);
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

    // An entry that a node does not show lets the search begin earlier: better too much is read.
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

  auto decoded = ledger::tx::decode(chain, std::get<TransactionAnswer>(answer).carried);
  const auto* transaction = std::get_if<ledger::tx::SharedTransaction>(&decoded);

  // Of another transaction than the log names, the bytes say nothing of how much becomes void.
  const bool is_it = transaction != nullptr && (*transaction)->id() == leaf.transaction;
  const auto run = is_it ? ledger::tx::issued_run(**transaction) : std::nullopt;

  ++forecast.issuances;
  if (!run) {
    ++forecast.unread;
    return std::nullopt;
  }

  forecast.credentials += run->count;
  forecast.runs.push_back(*run);
  return std::nullopt;
}

std::optional<CallError> add(Client& client, const ChainId& chain, const ledger::LogLeaf& leaf,
                             VoidForecast& forecast) {
  const auto kind = static_cast<Kind>(leaf.kind);
  const bool issuance = kind == Kind::kIssueListed || kind == Kind::kIssueAnchored;

  // Only these become void, so that the time span is theirs alone.
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
    const auto& [leaves, log_size] = std::get<Entries>(page);

    // The end of the log is where its own size says, not where the node stops.
    if (leaves.empty() && next < log_size) {
      return CallError{CallFailure::kOther,
                       "the node does not show its log from entry " + std::to_string(next) + " on",
                       "malformed_answer", "", ""};
    }

    if (leaves.empty()) {
      forecast.by_word_of = client.answering();
      return forecast;
    }

    for (const auto& leaf : leaves) {
      if (leaf.key != key) continue;
      if (auto failure = add(client, chain, leaf, forecast)) return *failure;
    }

    next += leaves.size();
  }
}

namespace {

// A node that hides an entry of its log shows a smaller number, and nothing here finds it out.
std::string word_text(const VoidForecast& forecast) {
  return "\nThis is the word of " +
         (forecast.by_word_of.empty() ? std::string("one node") : forecast.by_word_of) +
         " and not proven: there may be more. Ask another node with --endpoint to compare.";
}

}  // namespace

std::string to_text(const VoidForecast& forecast) {
  if (forecast.issuances == 0 && forecast.statements == 0) {
    return "As of now nothing becomes void: the log shows no issuance and no statement by this key "
           "since then." +
           word_text(forecast);
  }

  std::string out = "As of now this makes void: " + counted(forecast.issuances, "issuance") +
                    " with " + counted(forecast.credentials, "credential") + " and " +
                    counted(forecast.statements, "statement") + ", anchored from " +
                    moment_text(forecast.first_ms) + " to " + moment_text(forecast.last_ms);

  for (std::size_t i = 0; i < std::min(forecast.runs.size(), kShownRuns); ++i) {
    const auto& run = forecast.runs[i];
    out += (i == 0 ? " (indexes " : ", ") + std::to_string(run.first);
    if (run.count > 1) out += "-" + std::to_string(run.first + run.count - 1);
  }

  if (forecast.runs.size() > kShownRuns) out += ", …";
  out += forecast.runs.empty() ? "." : ").";

  if (forecast.unread != 0) {
    out += "\nThe node does not show what " + counted(forecast.unread, "issuance") +
           " of these hold: the credentials in them are not counted.";
  }
  if (forecast.status_changes != 0) {
    out += "\nIts " + counted(forecast.status_changes, "status change") +
           " since then stand: look through them, and let the root keys set right what is wrong.";
  }

  return out + word_text(forecast);
}

Json to_json(const VoidForecast& forecast) {
  Json runs = Json::array();
  for (const auto& run : forecast.runs)
    runs.push_back({{"first_index", run.first}, {"count", run.count}});
  return Json{{"issuances", forecast.issuances},
              {"credentials", forecast.credentials},
              {"statements", forecast.statements},
              {"status_changes_that_stand", forecast.status_changes},
              {"first_ms", forecast.first_ms},
              {"last_ms", forecast.last_ms},
              {"issuances_not_shown", forecast.unread},
              {"proven", false},
              {"by_word_of", forecast.by_word_of},
              {"indexes", std::move(runs)}};
}

}  // namespace testamur::wallet
