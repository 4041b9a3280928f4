// The parts of which messages and records are made. Private to consensus/values/codec.h. Pure.
//
// The readers leave their decoder failed when the bytes are not what the writers produce.
#pragma once

#include <memory>

#include "common/bytes.h"
#include "consensus/values/message.h"
#include "consensus/values/types.h"

namespace testamur::consensus::fields {

inline constexpr std::size_t kMaxStatementBytes = 1 + 8 + 8 + 8 + 32;
inline constexpr std::size_t kMaxCertificateBytes = kMaxStatementBytes + 4 + 31 * 64;
// Of a proposal without header and body: epoch, view, parent view, signature and the two lengths.
inline constexpr std::size_t kProposalHeadBytes = 8 + 8 + 8 + 64 + 4 + 4;

void put(Encoder& out, const Statement& statement);
void put(Encoder& out, const Vote& vote);
void put(Encoder& out, const Certificate& certificate);
void put(Encoder& out, const FinalityProof& proof);
// Everything of a proposal but the bytes of its body, which come next.
void put_head(Encoder& out, const Proposal& proposal);

// `lowest` = kNotarize where propose may not occur.
Statement statement(Decoder& in, Act lowest);
Vote vote(Decoder& in);
Certificate certificate(Decoder& in);
FinalityProof proof(Decoder& in);
Proposal proposal(Decoder& in);
std::shared_ptr<const Bytes> shared(ByteView bytes);

}  // namespace testamur::consensus::fields
