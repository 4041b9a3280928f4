#include "consensus/values/finality.h"

#include <bit>

namespace testamur::consensus {

Status check_form(const ValidatorSet& set, const Certificate& certificate) {
  if (certificate.statement.act == Act::kPropose)
    return error("a certificate cannot be about a proposal");
  if ((std::uint64_t{certificate.signers} >> set.size()) != 0) {
    return error("the certificate names a signer outside the validator set");
  }
  const auto count = static_cast<std::size_t>(std::popcount(certificate.signers));
  if (count != set.quorum() || certificate.signatures.size() != count) {
    return error("the certificate has " + std::to_string(count) + " signers and " +
                 std::to_string(certificate.signatures.size()) + " signatures, not exactly " +
                 std::to_string(set.quorum()));
  }
  return {};
}

Status verify_certificate(const ChainId& chain, const ValidatorSet& set,
                          const Certificate& certificate, const VerifySignature& verify) {
  TM_TRY_STATUS(check_form(set, certificate));
  const Hash256 digest = signing_digest(chain, set.digest(), certificate.statement);
  std::size_t next = 0;
  for (std::size_t i = 0; i < set.size(); ++i) {
    if ((certificate.signers >> i & 1) == 0) continue;
    if (!verify(set.at(i).key, digest, certificate.signatures[next++])) {
      return error("the certificate's signature of validator " + to_text(set.at(i).id) +
                   " is wrong");
    }
  }
  return {};
}

Status verify_finality(const ChainId& chain, const ValidatorSet& set, const HeaderFacts& block,
                       const FinalityProof& proof, const ReadHeader& read_header,
                       const VerifySignature& verify) {
  const auto& statement = proof.certificate->statement;
  if (statement.act != Act::kFinalize)
    return error("only a finalization proves that a block is final");
  HeaderFacts last = block;
  for (const auto& link : proof.links) {
    const HeaderFacts next = read_header(*link);
    if (!next.well_formed || next.parent != last.id)
      return error("the proof's headers are not a chain");
    if (next.epoch != block.epoch) return error("the proof leaves the epoch of the block");
    if ((last.sealing || last.filler) && !next.filler)
      return error("only fillers follow a sealing block in its epoch");
    last = next;
  }
  if (statement.block != last.id || statement.view != last.view || statement.epoch != block.epoch) {
    return error("the certificate finalizes another block than the last header");
  }
  return verify_certificate(chain, set, *proof.certificate, verify);
}

}  // namespace testamur::consensus
