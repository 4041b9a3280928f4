// Messages, certificates, proofs and evidence. Records: record.cpp. Both are written down in
// docs/formats/consensus.md.
#include "consensus/values/codec.h"

#include "consensus/values/fields.h"

namespace testamur::consensus {
namespace {

// The first byte of a message. Append-only.
enum class MessageType : std::uint8_t {
  kProposal = 1,
  kVote = 2,
  kCertificate = 3,
  kCertificateRequest = 4,
  kBlockRequest = 5,
  kPresence = 6,
  kQuarantineQuery = 7,
  kQuarantineAnswer = 8,
  kSealingFinality = 9,
};

struct MessageEncoder {
  Encoder& out;
  void type(MessageType type) { out.u8(static_cast<std::uint8_t>(type)); }

  void operator()(const Proposal& m) {
    type(MessageType::kProposal);
    fields::put_head(out, m);
    out.raw(*m.body);
  }
  void operator()(const Vote& m) {
    type(MessageType::kVote);
    fields::put(out, m);
  }
  void operator()(const Certificate& m) {
    type(MessageType::kCertificate);
    fields::put(out, m);
  }
  void operator()(const CertificateRequest& m) {
    type(MessageType::kCertificateRequest);
    out.u64(m.epoch).u64(m.first).u64(m.last);
  }
  void operator()(const BlockRequest& m) {
    type(MessageType::kBlockRequest);
    out.u64(m.epoch).u64(m.view).fixed(m.block);
  }
  void operator()(const Presence& m) {
    type(MessageType::kPresence);
    out.u64(m.epoch).u64(m.view).u64(m.finalized_view).u64(m.finalized_height);
  }
  void operator()(const QuarantineQuery& m) {
    type(MessageType::kQuarantineQuery);
    out.u64(m.epoch).fixed(m.nonce);
  }
  void operator()(const QuarantineAnswer& m) {
    type(MessageType::kQuarantineAnswer);
    out.u64(m.epoch).fixed(m.nonce).u8(m.holds_notarized_sealing ? 1 : 0);
    out.sized(m.highest ? encode(*m.highest) : Bytes{});
    out.u8(m.responder).fixed(m.signature).u16(static_cast<std::uint16_t>(m.votes.size()));
    for (const auto& vote : m.votes) fields::put(out, vote);
    if (m.sealing_certificate) out.sized(encode(*m.sealing_certificate)).sized(*m.sealing_header);
  }
  void operator()(const SealingFinality& m) {
    type(MessageType::kSealingFinality);
    out.u64(m.epoch).sized(*m.header);
    fields::put(out, m.proof);
  }
};

QuarantineAnswer quarantine_answer(Decoder& in) {
  QuarantineAnswer m;
  m.epoch = Epoch{in.u64()};
  m.nonce = in.fixed<Hash256>();
  const std::uint8_t flag = in.u8();
  if (flag > 1) in.fail();
  m.holds_notarized_sealing = flag == 1;
  const ByteView certificate = in.sized(fields::kMaxCertificateBytes);
  if (!certificate.empty()) {
    m.highest = decode_certificate(certificate);
    if (!m.highest) in.fail();
  }
  m.responder = in.u8();
  m.signature = in.fixed<Signature>();
  const std::size_t count = in.u16();
  if (count > kMaxShownVotes) in.fail();
  for (std::size_t i = 0; i < count && in.ok(); ++i) m.votes.push_back(fields::vote(in));
  if (!in.ok() || in.remaining() == 0) return m;
  m.sealing_certificate = decode_certificate(in.sized(fields::kMaxCertificateBytes));
  m.sealing_header = fields::shared(in.sized(kMaxHeaderBytes));
  if (!m.sealing_certificate) in.fail();
  return m;
}

std::optional<Message> decode_body(MessageType type, Decoder& in) {
  switch (type) {
    case MessageType::kProposal: return fields::proposal(in);
    case MessageType::kVote: return fields::vote(in);
    case MessageType::kCertificate: return fields::certificate(in);
    case MessageType::kCertificateRequest: {
      const CertificateRequest m{Epoch{in.u64()}, View{in.u64()}, View{in.u64()}};
      return m;
    }
    case MessageType::kBlockRequest: {
      const BlockRequest m{Epoch{in.u64()}, View{in.u64()}, in.fixed<BlockId>()};
      return m;
    }
    case MessageType::kPresence: {
      const Presence m{Epoch{in.u64()}, View{in.u64()}, View{in.u64()}, Height{in.u64()}};
      return m;
    }
    case MessageType::kQuarantineQuery: {
      const QuarantineQuery m{Epoch{in.u64()}, in.fixed<Hash256>()};
      return m;
    }
    case MessageType::kQuarantineAnswer: return quarantine_answer(in);
    case MessageType::kSealingFinality: {
      SealingFinality m;
      m.epoch = Epoch{in.u64()};
      m.header = fields::shared(in.sized(kMaxHeaderBytes));
      m.proof = fields::proof(in);
      return m;
    }
  }
  return std::nullopt;
}

}  // namespace

Bytes encode(const Message& message) {
  Encoder out;
  std::visit(MessageEncoder{out}, message);
  return out.take();
}

std::optional<Message> decode_message(ByteView bytes) {
  Decoder in{bytes};
  auto message = decode_body(static_cast<MessageType>(in.u8()), in);
  if (!in.finished()) return std::nullopt;
  return message;
}

Bytes encode(const Certificate& certificate) {
  Encoder out;
  fields::put(out, certificate);
  return out.take();
}

std::optional<Certificate> decode_certificate(ByteView bytes) {
  Decoder in{bytes};
  auto certificate = fields::certificate(in);
  if (!in.finished()) return std::nullopt;
  return certificate;
}

Hash256 digest(const Certificate& certificate) { return sha256(encode(certificate)); }

Hash256 signing_digest(const ChainId& chain, const QuarantineAnswer& answer) {
  Encoder out;
  out.fixed(chain).u64(answer.epoch).fixed(answer.nonce);
  out.fixed(answer.highest ? digest(*answer.highest) : Hash256{})
      .u8(answer.holds_notarized_sealing ? 1 : 0);
  return tags::kQuarantineAnswer(out.bytes());
}

Bytes encode(const FinalityProof& proof) {
  Encoder out;
  fields::put(out, proof);
  return out.take();
}

std::optional<FinalityProof> decode_finality_proof(ByteView bytes) {
  Decoder in{bytes};
  auto proof = fields::proof(in);
  if (!in.finished()) return std::nullopt;
  return proof;
}

Bytes encode(const Statement& statement, const Signature& signature) {
  Encoder out;
  fields::put(out, statement);
  out.fixed(signature);
  return out.take();
}

Bytes encode(const Evidence& evidence) {
  Encoder out;
  out.fixed(evidence.validator).u8(evidence.index).fixed(evidence.set_digest);
  fields::put(out, evidence.first);
  out.fixed(evidence.first_signature);
  fields::put(out, evidence.second);
  out.fixed(evidence.second_signature);
  return out.take();
}

std::optional<Evidence> decode_evidence(ByteView bytes) {
  Decoder in{bytes};
  Evidence evidence;
  evidence.validator = in.fixed<InstitutionId>();
  evidence.index = in.u8();
  evidence.set_digest = in.fixed<Hash256>();
  evidence.first = fields::statement(in, Act::kPropose);
  evidence.first_signature = in.fixed<Signature>();
  evidence.second = fields::statement(in, Act::kPropose);
  evidence.second_signature = in.fixed<Signature>();
  if (!in.finished() || !contradict(evidence.first, evidence.second)) return std::nullopt;
  return evidence;
}

}  // namespace testamur::consensus
