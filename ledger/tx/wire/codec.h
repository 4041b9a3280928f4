// Between the bytes of transactions and their contents (ledger/tx/content.h): the way in and the
// way out of Protobuf, which nothing above this folder sees.
//
// Reading is strict (scanner.h), so what was read has exactly these bytes, and writing gives them
// again. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "common/bytes.h"
#include "common/ids.h"
#include "ledger/tx/content.h"
#include "ledger/tx/rejection.h"
#include "ledger/tx/transaction.h"

namespace testamur::ledger::tx::wire {

// The name of the kind's field in the proto file; "unknown" for a number that no kind has.
std::string_view field_name(Kind kind);

// ---- the carried bytes: a body, its signatures, and the possession proofs of a registration

struct SignedBody {
  ByteView body;  // within the bytes that were split
  std::vector<SignatureEntry> signatures;
  std::vector<Signature> possession_proofs;
};
// The parts, or the first rule of form that they break; how many signatures there may be depends on
// the kind.
std::optional<Rejection> split(ByteView carried, SignedBody& parts);
Bytes join(ByteView body, std::span<const SignatureEntry> signatures,
           std::span<const Signature> possession_proofs);

// ---- the body: who says it, until when, and what

struct Body {
  Kind kind{};
  ByteView payload;  // the encoded message of the kind, within the body
  InstitutionId author;
  std::uint64_t valid_until_ms = 0;
  Content content;                      // its hash lists are views of the body's bytes
  std::optional<Rejection> text_fault;  // Grammar::find_text_fault()
};
// Whether the bytes are strict, and which kind they say they are: `kind` and `payload` of the body.
std::optional<Rejection> scan_body(ByteView bytes, Body& body);
// The rest of it, or the first rule of form that the envelope or the content breaks. Precondition:
// scan_body() passed, and the kind is active.
std::optional<Rejection> read_body(ByteView bytes, Body& body);
Bytes write_body(const Envelope& envelope, const Content& content);

// ---- messages that registry records carry as transactions did

Bytes encode(const AchievementContent& content);
Bytes encode(const ProposalContent& content);
// False when the bytes are not strict or break a rule of form.
bool decode(ByteView bytes, AchievementContent& content);
bool decode(ByteView bytes, ProposalContent& content);

}  // namespace testamur::ledger::tx::wire
