#include "node/main/sample_data.h"

#include <future>

#include "files/key_file.h"
#include "ledger/tx/build.h"
#include "ledger/tx/records/institutions.h"

namespace testamur::node {

namespace tx = ledger::tx;

namespace {

constexpr std::uint64_t kValidMs = 10 * 60 * 1000;

tx::AchievementContent sample_achievement() {
  tx::AchievementContent content;
  content.number = 1;
  content.version = 1;
  content.titles = {{"en", "Introduction to Distributed Ledgers"}};
  content.award_kind = tx::AwardKind::kKnowledge;
  content.award_type = 1;
  content.ects_hundredths = 300;
  content.eqf_level = 6;
  content.isced_fields = {613};
  content.outcomes = {
      {{{"en", "Explains how several parties agree without one whom all must trust"}}, {}}};
  content.assessment_types = {tx::AssessmentType::kWrittenExamination};
  content.participation = tx::Participation::kOnline;
  content.quality_scheme = tx::QualityScheme::kEsg;
  content.languages = {"en"};
  return content;
}

// Signs, submits, and waits for the commit.
Status submit_and_wait(Chain& chain, const tx::Built& built, KeyPurpose purpose,
                       const SecretKey& key) {
  if (const auto* rejection = std::get_if<tx::Rejection>(&built)) return error(to_text(*rejection));
  const auto& unsigned_transaction = std::get<tx::UnsignedTransaction>(built);

  auto decoded =
      tx::decode(chain.head()->header.chain, tx::attach_signed(unsigned_transaction, purpose, key));
  if (const auto* rejection = std::get_if<tx::Rejection>(&decoded))
    return error(to_text(*rejection));

  // Waiting begins before the transaction is sent: it may be over at once.
  auto ended = std::make_shared<std::promise<Outcome>>();
  chain.await(unsigned_transaction.id,
              [ended](const TransactionId&, const Outcome& outcome) { ended->set_value(outcome); });

  chain.submit({std::get<tx::SharedTransaction>(decoded)}, nullptr);
  auto outcome = ended->get_future().get();

  if (outcome.state == Outcome::State::kCommitted) return {};
  return error(outcome.rejection ? to_text(*outcome.rejection)
                                 : "the transaction was not committed");
}

}  // namespace

Result<std::string> submit_sample_data(Chain& chain, const std::filesystem::path& issuer_keys,
                                       const Clock& clock) {
  TM_TRY(auto govern, read_key_file(issuer_keys / "govern.key", KeyPurpose::kGovern));
  TM_TRY(auto issue, read_key_file(issuer_keys / "issue.key", KeyPurpose::kIssue));

  auto head = chain.head();
  auto signer = tx::read_key(*head->state, key_id(KeyPurpose::kIssue, issue.public_key()));
  if (!signer) return error("the ledger does not know the issue key");

  // A fresh nonce for each: two equal transactions would be one.
  auto envelope = [&] {
    return tx::Envelope{head->header.chain, signer->added.institution, random_fixed<tx::Nonce>(),
                        clock.now_ms() + kValidMs};
  };

  TM_TRY_STATUS(submit_and_wait(chain, tx::build(envelope(), sample_achievement()),
                                KeyPurpose::kGovern, govern));

  std::vector<Hash256> commitments;
  for (int i = 0; i < 3; ++i) commitments.push_back(random_fixed<Hash256>());

  const tx::IssueListedContent batch{
      {signer->added.institution, 1, 1}, IssuerIndex{0}, commitments};

  std::string text = "achievement " + to_text(batch.achievement) + "\n";
  for (const auto& commitment : commitments) text += "commitment  " + commitment.hex() + "\n";

  TM_TRY_STATUS(submit_and_wait(chain, tx::build(envelope(), batch), KeyPurpose::kIssue, issue));
  return text;
}

}  // namespace testamur::node
