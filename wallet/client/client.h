// Talks to nodes over gRPC. Holds several endpoints and goes on at another when one does not
// answer.
//
// What a verdict or the trust in a ledger is decided from comes back typed (answers.h); the other
// answers as the JSON of wallet/client/message_json.h. This header needs neither gRPC nor protobuf.
// TLS off loopback, plain text on it. One thread at a time. Calls block up to their deadline, never
// longer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "wallet/client/answers.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

struct ClientOptions {
  std::vector<std::string> endpoints;  // host:port
  std::uint64_t deadline_ms = 10'000;  // of one call
  std::string tls_root_file;           // PEM; empty: the system's
};

enum class CallFailure : std::uint8_t {
  kUnreachable,  // no endpoint answered
  kRejected,     // the ledger's rules refuse it; `code` is the rejection's name
  kNotFound,
  kInvalid,     // the request was malformed
  kOverloaded,  // rate limit or full queue: try again later
  kOther,
};
struct CallError {
  CallFailure kind = CallFailure::kOther;
  std::string message;
  std::string code;  // machine-readable, may be empty
  std::string rule;
  std::string field;
};
Json to_json(const CallError& failure);

template <class T>
using Called = std::variant<T, CallError>;

// How a transaction ended.
struct CommitOutcome {
  enum class State : std::uint8_t { kCommitted, kRejected, kExpired, kPending };
  State state = State::kPending;
  Json details;  // the TransactionOutcome
  std::string endpoint;
};

struct CheckOptions {
  std::string purpose;
  bool with_paths = true;
  std::uint64_t claimed_ms = 0;  // the date of award that a presentation claims; 0: none
};
struct DecideQuery {
  InstitutionId issuer;
  std::optional<InstitutionId> viewpoint;
  std::optional<AchievementId> achievement;
  std::vector<std::string> fields;
  std::vector<std::uint32_t> levels;
  std::vector<std::string> award_types;
  std::string purpose;
  std::uint64_t at_time_ms = 0;
  std::uint64_t as_of_height = 0;
  Json policy;  // numbers of TrustPolicy by name; null: the node's own
};

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // The endpoint that answered last; empty before that.
  std::string answering() const;

  // ---- typed: verdicts and trust are decided from these
  Called<StatusAnswer> who_answers();
  Called<CheckAnswer> check(const Hash256& commitment, const CheckOptions& options);
  Called<CheckAnswer> check(const Reference& reference, const CheckOptions& options);
  // Encoded receipts (docs/formats/receipt.md) of an issuer's index, with the histories of these
  // keys beside that of the key that anchored it.
  Called<std::vector<Bytes>> receipts(const InstitutionId& issuer, IssuerIndex index,
                                      const std::vector<KeyId>& keys);
  Called<IssuerAnswer> issuer(const InstitutionId& id);
  Called<std::optional<AchievementAnswer>> published(const AchievementId& id);
  // How epochs ended from this one on, at most `limit` of them.
  Called<SetChangesAnswer> set_changes(Epoch from, std::uint32_t limit);
  // Nothing where it is malformed.
  Called<std::optional<ledger::merkle::Path>> consistency(std::uint64_t old_size,
                                                          std::uint64_t new_size);
  Called<Bytes> genesis_record();

  // ---- as JSON
  Called<Json> status();
  Called<Json> status_of(const std::string& endpoint);
  const std::vector<std::string>& endpoints() const;

  Called<Json> check_bulk(const std::vector<Hash256>& commitments, const CheckOptions& options);
  Called<Json> explain(const Hash256& commitment, const CheckOptions& options);

  Called<Json> institution(const InstitutionId& id, bool with_history);
  Called<Json> institution_by_domain(const std::string& domain, bool with_history = false);
  Called<Json> institutions();  // all pages, as {institutions: […]}
  Called<Json> achievement(const InstitutionId& institution, std::uint32_t number,
                           std::uint32_t version);
  Called<Json> achievements(const InstitutionId& institution);
  Called<Json> key(const KeyId& id);
  Called<Json> parameters();
  Called<Json> validators();
  Called<Json> proposals(bool open_only);  // all pages
  Called<Json> proposal(const TransactionId& id);
  Called<Json> ready(const std::optional<InstitutionId>& institution);
  Called<Json> evidence();
  Called<Json> statements(const std::optional<InstitutionId>& truster,
                          const std::optional<InstitutionId>& subject, bool with_history);
  Called<Json> successions();
  Called<Json> issuer_indexes(const InstitutionId& issuer);

  Called<Json> decide(const DecideQuery& query);
  Called<Json> paths(const DecideQuery& query);
  Called<Json> graph(const std::optional<InstitutionId>& around, std::uint32_t hops);

  Called<Json> checkpoint(std::uint64_t height);
  Called<Json> inclusion(const TransactionId& id);
  Called<Json> transaction(const TransactionId& id);
  Called<Json> log_entries(std::uint64_t first, std::uint32_t count);  // at most 1,000

  // Sends the same bytes until they have ended or `give_up_ms` has passed (then kPending): to one
  // endpoint after another as they fail, again after each time an answer is overdue. A rejection
  // that a later state may cure counts as pending until the end. `waiting` is called now and then
  // with a sentence for people.
  Called<CommitOutcome> submit_until_ended(const TransactionId& id, ByteView carried,
                                           std::uint64_t give_up_ms,
                                           const std::function<void(const std::string&)>& waiting);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace testamur::wallet
