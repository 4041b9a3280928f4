// Talks to nodes over gRPC. Holds several endpoints and goes on at another when one does not
// answer.
//
// Answers are plain values (answers.h and its neighbours) in which what was not said is not known.
// An answer about something else than was asked, or about nothing, is a failure with the code
// malformed_answer. A list is whole and from one node, or a failure; one without end has the code
// list_too_long. This header needs neither gRPC nor protobuf. TLS off loopback, plain text on
// it. One thread at a time. Calls block up to their deadline, never longer.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "common/hash.h"
#include "common/ids.h"
#include "wallet/client/answers.h"
#include "wallet/client/governance_answers.h"
#include "wallet/client/registry_answers.h"
#include "wallet/client/trust_answers.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {

inline constexpr const char* kNoEndpoint =
    "no endpoint is configured: testamur connect HOST:PORT says once which node this home asks, or "
    "give --endpoint HOST:PORT";

struct ClientOptions {
  std::vector<std::string> endpoints;  // host:port
  std::uint64_t deadline_ms = 10'000;  // of one call
  std::string tls_roots;               // certificates in PEM (tls_roots.h); empty: the system's
  // The ledger that is asked about; nothing: whichever a node serves. See Client::expect.
  std::optional<ChainId> ledger = {};
  // A ledger that goes on where that one lost its keys, where a person has accepted it by name.
  std::optional<ChainId> accepted = {};
  std::string refusal = {};  // why that cannot be told: then every call fails with it
  // Called when another endpoint answers in the place of one that does not: its institution, and so
  // its policy, is another one.
  std::function<void(const std::string& silent, const std::string& answering)> moved = {};
  // Called with the clock of each node that says its own, at each status that it gives.
  std::function<void(const std::string& endpoint, std::uint64_t clock_ms)> clock_told = {};
};

enum class CallFailure : std::uint8_t {
  kUnreachable,  // no endpoint answered
  kRejected,     // the ledger's rules refuse it; `code` is the rejection's name
  kNotFound,
  kInvalid,      // the request was malformed
  kOverloaded,   // rate limit or full queue: try again later
  kOtherLedger,  // the node serves another ledger than is asked about
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
  std::string message;            // of a rejection, and why it is still pending
  std::string code, rule, field;  // of a rejection
  std::string endpoint;
  Shown shown;  // the TransactionOutcome
};

struct CheckOptions {
  std::string purpose;
  bool with_paths = true;
  std::uint64_t claimed_ms = 0;  // the date of award that a presentation claims; 0: none
};
// Of a policy that takes the place of the node's own; 0: as in docs/formats/policy.md.
struct PolicyNumbers {
  std::uint32_t required_amount = 0;
  std::uint32_t required_paths = 0;
  std::uint32_t path_floor = 0;
  std::uint32_t required_accreditation = 0;
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
  std::optional<PolicyNumbers> policy;  // nothing: the node's own
};

class Client {
 public:
  explicit Client(ClientOptions options);
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  // The endpoint that answered last; empty before that.
  std::string answering() const;

  // From now on the ledger that is asked about. Each node is asked once which one it serves, before
  // anything else is: an answer of another ledger looks like one of this. Such a node is refused,
  // not passed over, and the failure has the code other_ledger. Only status_of() asks it all the
  // same.
  void expect(const std::optional<ChainId>& ledger);

  // ---- verdicts and trust are decided from these
  Called<StatusAnswer> status();
  Called<StatusAnswer> status_of(const std::string& endpoint);
  const std::vector<std::string>& endpoints() const;
  Called<CheckAnswer> check(const Hash256& commitment, const CheckOptions& options);
  Called<CheckAnswer> check(const Reference& reference, const CheckOptions& options);
  Called<BulkAnswer> check_bulk(const std::vector<Hash256>& commitments,
                                const CheckOptions& options);
  // Encoded receipts (docs/formats/receipt.md) of an issuer's index, with the histories of these
  // keys beside that of the key that anchored it.
  Called<std::vector<Bytes>> receipts(const InstitutionId& issuer, IssuerIndex index,
                                      const std::vector<KeyId>& keys);
  Called<IssuerAnswer> issuer(const InstitutionId& id);
  // How epochs ended from this one on, at most `limit` of them.
  Called<SetChangesAnswer> set_changes(Epoch from, std::uint32_t limit);
  Called<InclusionAnswer> inclusion(const TransactionId& id);
  // Nothing where it is malformed.
  Called<std::optional<ledger::merkle::Path>> consistency(std::uint64_t old_size,
                                                          std::uint64_t new_size);
  Called<Bytes> genesis_record();

  // ---- the registry; lists are whole, all pages of them
  Called<InstitutionAnswer> institution(const InstitutionId& id, bool with_history);
  Called<InstitutionAnswer> institution_by_domain(const std::string& domain,
                                                  bool with_history = false);
  Called<InstitutionsAnswer> institutions();
  Called<AchievementAnswer> achievement(const AchievementId& id);  // version 0: the newest
  Called<AchievementsAnswer> achievements(const InstitutionId& institution);
  Called<OwnedKeyAnswer> key(const KeyId& id);
  Called<ParametersAnswer> parameters();
  Called<StatementsAnswer> statements(const std::optional<InstitutionId>& truster,
                                      const std::optional<InstitutionId>& subject,
                                      bool with_history);
  Called<SuccessionsAnswer> successions();
  Called<IndexesAnswer> issuer_indexes(const InstitutionId& issuer);

  // ---- what the validators decide
  Called<ValidatorsAnswer> validators();
  Called<ProposalsAnswer> proposals(bool open_only);
  Called<ProposalAnswer> proposal(const TransactionId& id);
  Called<ReadyListAnswer> ready(const std::optional<InstitutionId>& institution);
  Called<EvidenceListAnswer> evidence();

  // ---- what the node decides, by its own policy where the question has none
  Called<DecisionAnswer> decide(const DecideQuery& query);
  Called<DecisionAnswer> paths(const DecideQuery& query);  // with paths and remedies

  Called<TransactionAnswer> transaction(const TransactionId& id);
  Called<LogEntriesAnswer> log_entries(std::uint64_t first, std::uint32_t count);  // at most 1,000

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

// What gRPC writes of itself to standard error is for those who write programs with it: a person
// reads the failure of the call. Once, before the first client is made; who sets GRPC_VERBOSITY or
// GRPC_TRACE wants to read it, and does.
void silence_transport_log();

}  // namespace testamur::wallet
