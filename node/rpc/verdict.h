// What a node can say of a slot: facts from the ledger, decisions of its own institution, and both
// in sentences.
//
// Lives for one call; one thread.
#pragma once

#include <map>
#include <optional>

#include "node/rpc/services/services.h"
#include "node/rpc/slots.h"
#include "testamur/v1/verify_service.pb.h"

namespace testamur::node {

class Verdicts {
 public:
  Verdicts(ServiceContext& context, const v1::CheckOptions& options);

  bool purpose_known() const { return purpose_known_; }
  Reader& reader() { return reader_; }
  const v1::CheckOptions& options() const { return options_; }
  const Recognition& recognition() const { return context_.recognition; }

  // Of a short call: only decisions that are there already are given, and the first that is not
  // ends the answer. Before that no slot may have been filled.
  void only_known() { only_known_ = true; }
  bool would_judge() const { return would_judge_; }

  // Facts and, unless the options leave them out, the decisions at anchor, today and at a claimed
  // date, and what they come to.
  void fill(ledger::Slot slot, const std::optional<Hash256>& commitment, v1::SlotVerdict& verdict);
  // The outcomes for what an issuer anchored at a time; unspecified when decisions are left out.
  // From tables where they reach.
  struct Outcomes {
    v1::DecisionOutcome at_anchor = v1::DECISION_OUTCOME_UNSPECIFIED;
    v1::DecisionOutcome today = v1::DECISION_OUTCOME_UNSPECIFIED;
    v1::DecisionOutcome verdict = v1::DECISION_OUTCOME_UNSPECIFIED;
  };
  Outcomes outcomes(const InstitutionId& issuer, const AchievementId& achievement,
                    std::uint64_t anchor_ms);
  // Counts `count` bulk answers of these outcomes in the log of decisions.
  void log(const InstitutionId& issuer, const AchievementId& achievement, std::uint64_t anchor_ms,
           v1::DecisionOutcome outcome, std::uint64_t count);
  std::uint64_t today_ms() const { return view_ ? view_->as_of().today_ms : 0; }
  // Sentences for the slots of `response`.
  void explain(v1::ExplainResponse& response);
  // How many questions no table and no cache answered: each costs kColdDecisionCalls.
  std::uint64_t cold() const { return cold_; }

 private:
  // What is asked about an issuer's award, and who else awards it.
  struct Asked {
    trust::Case question;
    std::vector<InstitutionId> bodies;
  };
  Asked ask(const InstitutionId& issuer, const AchievementId& achievement,
            std::uint64_t anchor_ms) const;
  std::shared_ptr<const trust::JointJudgement> judge(const Asked& asked);
  std::optional<Outcomes> from_tables(const Asked& asked) const;
  void fill_decisions(const Asked& asked, const InstitutionId& issuer,
                      const trust::Judgement& judgement, bool paths,
                      google::protobuf::RepeatedPtrField<v1::Decision>& out) const;
  void fill_acceptance(const Asked& asked, const trust::JointJudgement& judged,
                       v1::Acceptance& out) const;
  void log(const Asked& asked, const trust::JointJudgement& judged);
  DecisionEntry entry_of(const Asked& asked) const;
  void explain_slot(const v1::SlotVerdict& slot, v1::ExplainResponse& response);

  ServiceContext& context_;
  const v1::CheckOptions& options_;
  Reader reader_;
  RecognitionViewPtr view_;  // null: no decisions
  std::optional<trust::Purpose> purpose_;
  bool purpose_known_ = true;
  bool only_known_ = false, would_judge_ = false;
  std::uint64_t cold_ = 0;
};

// The verdicts of a bulk answer: institutions and achievements once each, decisions once for each
// page, a commitment that is named twice looked for once.
class BulkTables {
 public:
  // `issuer`: only slots of this one.
  BulkTables(Verdicts& verdicts, const std::optional<InstitutionId>& issuer,
             v1::CheckBulkResponse& response);
  // False: the commitment is listed too often to be searched, and the answer must not be given.
  bool add(const Hash256& commitment);
  // Of the answer so far, about.
  std::size_t bytes() const { return bytes_; }
  // Counts what was answered in the log of decisions; once, at the end.
  void log();

 private:
  struct Row {
    v1::BulkSlot common;      // what all slots of the page share
    std::uint64_t asked = 0;  // how often one of them was
  };
  Row& row(PageNumber number, const PageFacts& facts);
  std::uint32_t issuer_row(const InstitutionId& id);
  std::uint32_t achievement_row(const AchievementId& id);

  Verdicts& verdicts_;
  const std::optional<InstitutionId> issuer_;
  v1::CheckBulkResponse& response_;
  SlotFinder finder_;
  std::map<InstitutionId, std::uint32_t> issuers_;
  std::map<AchievementId, std::uint32_t> achievements_;
  std::map<PageNumber, Row> rows_;
  std::map<Hash256, int> answered_;  // where its verdict stands
  std::size_t bytes_ = 0;
};

// What is asked in bulk, as CheckBulk and CheckStream alike do; borrowed from their requests.
struct BulkQuestion {
  const std::string& commitments;
  const std::string& issuer_id;
  const v1::CheckOptions& options;
};

// In a turn of the workers; looks now and then whether the caller is still there.
grpc::Status check_bulk(ServiceContext& context, const BulkQuestion& asked,
                        const std::function<bool()>& cancelled, const CallerKey& caller,
                        v1::CheckBulkResponse& response);

// The proof of one slot of a listed batch, as parts and as one file; false for an anchored batch.
bool fill_receipt(const Reader& reader, ledger::Slot slot, const std::vector<KeyId>& keys,
                  v1::SlotReceipt& out);

}  // namespace testamur::node
