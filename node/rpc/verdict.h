// What a node can say of a slot: facts from the ledger, decisions of its own institution, and both in sentences.
//
// Lives for one call; one thread.
#pragma once

#include <map>
#include <optional>

#include "node/rpc/services.h"
#include "testamur/v1/verify_service.pb.h"

namespace testamur::node {

class Verdicts {
 public:
  Verdicts(ServiceContext& context, const v1::CheckOptions& options);

  bool purpose_known() const { return purpose_known_; }
  Reader& reader() { return reader_; }
  const v1::CheckOptions& options() const { return options_; }
  const Recognition& recognition() const { return context_.recognition; }

  // Facts and, unless the options leave them out, the decisions at anchor and today.
  void fill(ledger::Slot slot, const std::optional<Hash256>& commitment, v1::SlotVerdict& verdict);
  // The outcome for an issuer's achievement at a time; unspecified when decisions are left out.
  v1::DecisionOutcome outcome_at(const InstitutionId& issuer, const AchievementId& achievement, std::uint64_t time_ms);
  std::uint64_t today_ms() const { return view_ ? view_->as_of().today_ms : 0; }
  // Sentences for the slots of `response`.
  void explain(v1::ExplainResponse& response);

 private:
  trust::Query query(const InstitutionId& issuer, const AchievementId& achievement, std::uint64_t time_ms) const;
  void decide(const InstitutionId& issuer, const AchievementId& achievement, std::uint64_t time_ms,
              v1::DecisionPoint point, v1::Decision& out);
  void explain_slot(const v1::SlotVerdict& slot, v1::ExplainResponse& response);

  ServiceContext& context_;
  const v1::CheckOptions& options_;
  Reader reader_;
  std::shared_ptr<RecognitionView> view_;  // null: no decisions
  std::optional<trust::Purpose> purpose_;
  bool purpose_known_ = true;
};

// The verdicts of a bulk answer: institutions and achievements once each, decisions once for each page.
class BulkTables {
 public:
  BulkTables(Verdicts& verdicts, v1::CheckBulkResponse& response);
  void add(const Hash256& commitment, v1::BulkVerdict& verdict);

 private:
  struct PageFacts {
    ledger::PageStatic page;
    ledger::StatusChunk statuses;
    v1::BulkSlot common;  // what all slots of the page share
  };
  const PageFacts* page(PageNumber number);
  std::uint32_t issuer_row(const InstitutionId& id);
  std::uint32_t achievement_row(const AchievementId& id);

  Verdicts& verdicts_;
  v1::CheckBulkResponse& response_;
  std::map<InstitutionId, std::uint32_t> issuers_;
  std::map<AchievementId, std::uint32_t> achievements_;
  std::map<PageNumber, std::optional<PageFacts>> pages_;
};

grpc::Status check_bulk(ServiceContext& context, const std::string& commitments, const v1::CheckOptions& options,
                        v1::CheckBulkResponse& response);

// The proof of one slot of a listed batch, as parts and as one file; false for an anchored batch.
bool fill_receipt(const Reader& reader, ledger::Slot slot, const std::vector<KeyId>& keys, v1::SlotReceipt& out);

}  // namespace testamur::node
