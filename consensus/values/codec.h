// Bytes of messages, certificates, proofs and journal records: fixed-width, big-endian, strict.
// docs/formats/consensus.md
//
// Decoding accepts exactly what encoding produces: every other input yields nothing. It checks form
// only, no signature. Pure; any thread.
#pragma once

#include <optional>

#include "common/bytes.h"
#include "consensus/values/message.h"
#include "consensus/values/record.h"
#include "consensus/values/types.h"

namespace testamur::consensus {

Bytes encode(const Message& message);
std::optional<Message> decode_message(ByteView bytes);

Bytes encode(const Certificate& certificate);
std::optional<Certificate> decode_certificate(ByteView bytes);
// SHA-256 of the encoding; 32 zero bytes stand for "no certificate".
Hash256 digest(const Certificate& certificate);

Bytes encode(const FinalityProof& proof);
std::optional<FinalityProof> decode_finality_proof(ByteView bytes);

// statement || signature: how the ledger's evidence carries each half.
Bytes encode(const Statement& statement, const Signature& signature);
Bytes encode(const Evidence& evidence);
std::optional<Evidence> decode_evidence(ByteView bytes);

// Journal records. `support` of a vote is what it rests on: notarize = the block id; finalize = the
// digest of the notarization; nullify = the digest of the certificate that let the node enter the
// view (zero in view 1).
struct VoteRecord {
  Vote vote;
  Hash256 support;
};
struct FinalityRecord {
  BlockId block;
  Epoch epoch;
  View view;
  Height height;
  FinalityProof proof;
};
struct FloorRecord {
  Epoch epoch;
  View view;                // no vote and no proposal in a view <= this
  bool by_command = false;  // resume-voting: the floor is lifted (view is 0)
};

Record make_start_record(Epoch epoch, const Hash256& set_digest);
Record make_record(const Block& block);
Record make_record(const Certificate& certificate);
Record make_record(const VoteRecord& vote);
Record make_record(const FinalityRecord& finality);
Record make_record(const FloorRecord& floor);
Record make_quarantine_record(Epoch epoch);

std::optional<Proposal> decode_block_record(ByteView bytes);
std::optional<Certificate> decode_certificate_record(ByteView bytes);
std::optional<VoteRecord> decode_vote_record(ByteView bytes);
std::optional<FinalityRecord> decode_finality_record(ByteView bytes);
std::optional<FloorRecord> decode_floor_record(ByteView bytes);
// Start and quarantine records: the epoch that they name.
std::optional<Epoch> decode_start_record(ByteView bytes);
std::optional<Epoch> decode_quarantine_record(ByteView bytes);

}  // namespace testamur::consensus
