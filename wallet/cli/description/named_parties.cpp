// An overload for each content, so that a kind which is added does not compile before somebody has
// said whom it names.
#include "wallet/cli/description/named_parties.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

using Parties = std::set<InstitutionId>;

void add(const tx::InstitutionFacts& facts, Parties& parties) { parties.insert(facts.parent); }

void add(const tx::InstitutionRegisterContent& content, Parties& parties) {
  add(content.facts, parties);
  parties.insert(content.listed);
}
void add(const tx::InstitutionUpdateContent& content, Parties& parties) {
  add(content.facts, parties);
}
void add(const tx::InstitutionListContent& content, Parties& parties) {
  add(content.facts, parties);
}
void add(const tx::InstitutionLeaveContent&, Parties&) {}

void add(const tx::KeyAddContent&, Parties&) {}
void add(const tx::KeyRotateContent&, Parties&) {}
void add(const tx::KeyRetireContent&, Parties&) {}

void add(const tx::SuccessionContent& content, Parties& parties) {
  for (const auto& id : content.parties()) parties.insert(id);
}

void add(const tx::AchievementContent&, Parties&) {}
void add(const tx::AchievementCosignContent& content, Parties& parties) {
  parties.insert(content.achievement.institution);
}
void add(const tx::AchievementRetireContent&, Parties&) {}
void add(const tx::PolicyContent&, Parties&) {}
void add(const tx::RuleContent&, Parties&) {}

void add(const tx::IssueListedContent& content, Parties& parties) {
  parties.insert(content.achievement.institution);
}
void add(const tx::IssueAnchoredContent& content, Parties& parties) {
  parties.insert(content.achievement.institution);
}
void add(const tx::StatusChangeContent&, Parties&) {}

void add(const tx::StatementContent& content, Parties& parties) {
  parties.insert(content.subject);
  if (!content.scope.achievements) return;
  for (const auto& achievement : *content.scope.achievements)
    parties.insert(achievement.institution);
}

void add(const tx::AdmissionContent& content, Parties& parties) {
  parties.insert(content.institution);
}
void add(const tx::SetChangeContent& content, Parties& parties) {
  for (const auto& seat : content.seats) parties.insert(seat.institution);
}
void add(const tx::ParameterChangeContent&, Parties&) {}
void add(const tx::ProtocolActivationContent&, Parties&) {}
void add(const tx::RootReplacementContent& content, Parties& parties) {
  parties.insert(content.institution);
}
void add(const tx::SuspensionContent& content, Parties& parties) {
  parties.insert(content.institution);
}

void add(const tx::ProposalContent& content, Parties& parties) {
  std::visit([&parties](const auto& action) { add(action, parties); }, content.action);
}
void add(const tx::VoteContent&, Parties&) {}
void add(const tx::ReadyContent&, Parties&) {}
void add(const tx::EvidenceContent& content, Parties& parties) {
  parties.insert(content.institution);
}

}  // namespace

std::set<InstitutionId> named_parties(const tx::Content& content) {
  Parties parties;
  std::visit([&parties](const auto& said) { add(said, parties); }, content);
  parties.erase(InstitutionId{});
  return parties;
}

}  // namespace testamur::wallet
