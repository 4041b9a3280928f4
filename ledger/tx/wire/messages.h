// The protobuf messages below a body, and the plain values that they stand for. Private to
// ledger/tx/wire.
//
// read() checks what a plain value could not hold (lengths of ids, ranges of narrow numbers) and
// then the form of the whole; write() is its inverse on everything that read() accepts. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>

#include "common/ids.h"
#include "ledger/tx/content.h"
#include "ledger/tx/form_check.h"
#include "ledger/tx/rejection.h"
#include "testamur/v1/transaction.pb.h"

namespace testamur::ledger::tx::wire {

using Presence = FormCheck::Presence;

// The value of a field whose length was checked or is checked beside it; zero where the length is
// wrong.
template <class Fixed>
Fixed fixed_from(const std::string& bytes) {
  const auto value = Fixed::from(as_bytes(bytes));
  return value ? *value : Fixed{};
}
inline std::string to_string(ByteView bytes) { return std::string(as_text(bytes)); }

// The number in a narrower type; out of range fails the check and gives zero.
template <class Narrow>
Narrow narrow(FormCheck& check, std::string_view field, std::uint32_t value) {
  check.number(field, value, 0, static_cast<Narrow>(~Narrow{0}));
  return static_cast<Narrow>(value);
}

template <class Field>
LocalizedTexts read_texts(const Field& field) {
  LocalizedTexts texts;
  texts.reserve(static_cast<std::size_t>(field.size()));
  for (const auto& entry : field) texts.push_back({entry.language(), entry.text()});
  return texts;
}

template <class Field>
void write_texts(const LocalizedTexts& texts, Field* field) {
  for (const auto& text : texts) {
    auto* entry = field->Add();
    entry->set_language(text.language);
    entry->set_text(text.text);
  }
}

std::optional<Rejection> read(const v1::InstitutionFacts& message, InstitutionFacts& facts);
void write(const InstitutionFacts& facts, v1::InstitutionFacts& message);

// Purpose and algorithm known and allowed together, the key a valid point.
std::optional<Rejection> read(const v1::KeyDescription& message, KeyPurpose& purpose,
                              PublicKey& key);
void write(KeyPurpose purpose, const PublicKey& key, v1::KeyDescription& message);

std::optional<Rejection> read(const v1::AchievementPublish& message, AchievementContent& content);
void write(const AchievementContent& content, v1::AchievementPublish& message);

// ---- successions, as transactions and proposals carry them

std::optional<Rejection> read(const v1::SuccessionMerge& message, SuccessionContent& content);
std::optional<Rejection> read(const v1::SuccessionSplit& message, SuccessionContent& content);
std::optional<Rejection> read(const v1::SuccessionRename& message, SuccessionContent& content);
std::optional<Rejection> read(const v1::SuccessionCustody& message, SuccessionContent& content);
void write(const SuccessionContent& content, v1::SuccessionMerge& message);
void write(const SuccessionContent& content, v1::SuccessionSplit& message);
void write(const SuccessionContent& content, v1::SuccessionRename& message);
void write(const SuccessionContent& content, v1::SuccessionCustody& message);

// Of whichever the body is. Body: TransactionBody, or GovernancePropose for a succession that is
// voted.
template <class Body>
std::optional<Rejection> read_succession(const Body& body, SuccessionContent& content) {
  if (body.has_succession_merge()) return read(body.succession_merge(), content);
  if (body.has_succession_split()) return read(body.succession_split(), content);
  if (body.has_succession_rename()) return read(body.succession_rename(), content);
  return read(body.succession_custody(), content);
}
template <class Body>
void write_succession(const SuccessionContent& content, Body& body) {
  switch (content.kind) {
    case SuccessionKind::kMerge: return write(content, *body.mutable_succession_merge());
    case SuccessionKind::kSplit: return write(content, *body.mutable_succession_split());
    case SuccessionKind::kRename: return write(content, *body.mutable_succession_rename());
    case SuccessionKind::kCustody: return write(content, *body.mutable_succession_custody());
  }
}

// ---- the seven kinds of recognition and accreditation

std::optional<Rejection> read_statement(const v1::TransactionBody& body,
                                        const InstitutionId& author, StatementContent& content);
void write_statement(const StatementContent& content, v1::TransactionBody& body);

// ---- governance

std::optional<Rejection> read(const v1::GovernancePropose& message, ProposalContent& content);
void write(const ProposalContent& content, v1::GovernancePropose& message);
std::optional<Rejection> read(const v1::GovernanceVote& message, VoteContent& content);
void write(const VoteContent& content, v1::GovernanceVote& message);
std::optional<Rejection> read(const v1::Ready& message, ReadyContent& content);
void write(const ReadyContent& content, v1::Ready& message);
std::optional<Rejection> read(const v1::Evidence& message, EvidenceContent& content);
void write(const EvidenceContent& content, v1::Evidence& message);

}  // namespace testamur::ledger::tx::wire
