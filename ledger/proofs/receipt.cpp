#include "ledger/proofs/receipt.h"

#include "common/check.h"

namespace testamur::ledger {
namespace {

constexpr std::array<std::uint8_t, 4> kMagic{'T', 'M', 'R', 1};  // the last byte is the format
constexpr std::size_t kMaxRecordId = 64;

}  // namespace

const Receipt::History* Receipt::history(const RecordName& name) const {
  for (const auto& entry : histories) {
    if (entry.name == name) return &entry;
  }
  return nullptr;
}

Bytes encode(const Receipt& receipt) {
  TM_CHECK(receipt.set_changes.size() <= Receipt::kMaxSetChanges &&
           receipt.histories.size() <= Receipt::kMaxHistories);

  Encoder out;
  out.raw(kMagic).fixed(receipt.commitment);
  encode(out, receipt.slot);
  encode(out, receipt.checkpoint);

  out.u16(static_cast<std::uint16_t>(receipt.set_changes.size()));
  for (const auto& change : receipt.set_changes) encode(out, change);

  out.u16(static_cast<std::uint16_t>(receipt.histories.size()));
  for (const auto& history : receipt.histories) {
    out.u16(history.name.kind).sized(history.name.id);
    encode(out, history.proof);
  }

  return out.take();
}

Result<Receipt> decode_receipt(ByteView bytes) {
  if (bytes.size() > Receipt::kMaxEncodedSize) return error("receipt: larger than 4 MiB");

  Decoder in{bytes};
  if (!equal(in.raw(kMagic.size()), kMagic))
    return error("receipt: the file does not begin as a receipt of format 1");

  Receipt receipt;
  receipt.commitment = in.fixed<Commitment>();
  receipt.slot = decode_slot_proof(in);
  receipt.checkpoint = decode_checkpoint(in);

  // The counts come from a stranger: bounded before the first element is read.
  const std::size_t changes = in.u16();
  if (changes > Receipt::kMaxSetChanges) in.fail();
  for (std::size_t i = 0; i < changes && in.ok(); ++i) {
    if (auto change = decode_set_change(in)) receipt.set_changes.push_back(std::move(*change));
  }

  const std::size_t histories = in.u16();
  if (histories > Receipt::kMaxHistories) in.fail();
  for (std::size_t i = 0; i < histories && in.ok(); ++i) {
    Receipt::History history;
    history.name.kind = in.u16();
    history.name.id = to_bytes(in.sized(kMaxRecordId));
    history.proof = decode_history_proof(in);
    receipt.histories.push_back(std::move(history));
  }

  if (!in.finished()) return error("receipt: malformed or cut off");
  return receipt;
}

Status verify_receipt(const Receipt& receipt, LightClient& client) {
  // The checkpoint may be of a later epoch than the sets that the client knows.
  for (const auto& change : receipt.set_changes) TM_TRY_STATUS(client.follow(change));
  TM_TRY_STATUS(client.verify(receipt.checkpoint));

  // Everything else rests on roots that a quorum has signed.
  const auto& roots = receipt.checkpoint.header.roots;
  if (!verify_slot(receipt.slot, receipt.commitment, roots.page_count, roots.page_root)) {
    return error("receipt: the credential is not in the page tree of its checkpoint");
  }

  for (const auto& history : receipt.histories) {
    if (!verify_history(history.proof, roots.registry_root, history.name)) {
      return error("receipt: a registry history (kind " + std::to_string(history.name.kind) +
                   ", id " + to_hex(history.name.id) +
                   ") is not in the registry of its checkpoint");
    }
  }
  return {};
}

}  // namespace testamur::ledger
