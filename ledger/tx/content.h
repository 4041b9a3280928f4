// Between the protobuf messages of a transaction and the plain values of facts.h and build.h.
// Private to ledger/tx.
//
// read() checks what a plain value could not hold (lengths of ids, ranges of narrow numbers) and
// then the form of the whole; write() is its inverse on everything that read() accepts. Pure; any
// thread.
#pragma once

#include <optional>

#include "common/ids.h"
#include "ledger/tx/build.h"
#include "ledger/tx/facts.h"
#include "ledger/tx/rejection.h"
#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx {

std::optional<Rejection> read(const v1::InstitutionFacts& message, InstitutionFacts& facts);
void write(const InstitutionFacts& facts, v1::InstitutionFacts& message);

std::optional<Rejection> read(const v1::AchievementPublish& message, AchievementContent& content);
void write(const AchievementContent& content, v1::AchievementPublish& message);

std::optional<Rejection> read(const v1::AchievementReference& message, AchievementId& id);
void write(const AchievementId& id, v1::AchievementReference& message);

// Purpose and algorithm known and allowed together, the key a valid point.
std::optional<Rejection> read(const v1::KeyDescription& message, KeyPurpose& purpose,
                              PublicKey& key);
void write(KeyPurpose purpose, const PublicKey& key, v1::KeyDescription& message);

std::optional<Rejection> read(const v1::InstitutionRegister& message,
                              InstitutionRegisterContent& content);
void write(const InstitutionRegisterContent& content, v1::InstitutionRegister& message);

// Of one kind of succession each, as transactions and proposals carry them.
std::optional<Rejection> read(const v1::SuccessionMerge& message, SuccessionContent& content);
std::optional<Rejection> read(const v1::SuccessionSplit& message, SuccessionContent& content);
std::optional<Rejection> read(const v1::SuccessionRename& message, SuccessionContent& content);
std::optional<Rejection> read(const v1::SuccessionCustody& message, SuccessionContent& content);
// Of whichever the body is. Body: TransactionBody, or GovernancePropose for a succession that is
// voted.
template <class Body>
std::optional<Rejection> read_succession(const Body& body, SuccessionContent& content) {
  if (body.has_succession_merge()) return read(body.succession_merge(), content);
  if (body.has_succession_split()) return read(body.succession_split(), content);
  if (body.has_succession_rename()) return read(body.succession_rename(), content);
  return read(body.succession_custody(), content);
}
void write(const SuccessionContent& content, v1::SuccessionMerge& message);
void write(const SuccessionContent& content, v1::SuccessionSplit& message);
void write(const SuccessionContent& content, v1::SuccessionRename& message);
void write(const SuccessionContent& content, v1::SuccessionCustody& message);
template <class Body>
void write_succession(const SuccessionContent& content, Body& body) {
  switch (content.kind) {
    case SuccessionKind::kMerge: return write(content, *body.mutable_succession_merge());
    case SuccessionKind::kSplit: return write(content, *body.mutable_succession_split());
    case SuccessionKind::kRename: return write(content, *body.mutable_succession_rename());
    case SuccessionKind::kCustody: return write(content, *body.mutable_succession_custody());
  }
}

std::optional<Rejection> read(const v1::PolicyPublish& message, PolicyContent& content);
void write(const PolicyContent& content, v1::PolicyPublish& message);
std::optional<Rejection> read(const v1::RulePublish& message, RuleContent& content);
void write(const RuleContent& content, v1::RulePublish& message);

// Of the seven kinds of recognition and accreditation.
std::optional<Rejection> read_statement(const v1::TransactionBody& body, StatementContent& content);
void write_statement(const StatementContent& content, v1::TransactionBody& body);

// Precondition: the bytes have the exact length.
template <class Fixed>
Fixed fixed_from(const std::string& bytes) {
  const auto value = Fixed::from(as_bytes(bytes));
  return value ? *value : Fixed{};
}
inline std::string to_string(ByteView bytes) { return std::string(as_text(bytes)); }

// Puts `prefix` and a dot before the field of a rejection.
std::optional<Rejection> within(std::string_view prefix, std::optional<Rejection> rejection);

}  // namespace testamur::ledger::tx
