// The law of the verifier: whatever a node says, no verdict is better than the truth, and nothing
// forged is shown as proven. Every field of every answer is dropped, given an unknown enumerator,
// forged, or replayed from before, one by one and in pairs, and the wallet's own code judges each
// time.
//
// What a node decides about an issuer is its own word and labelled so; it is no part of the law,
// and of the credential's verdict no part either.
#include <algorithm>

#include "testamur/v1/verify_service.pb.h"
#include "tests/node/running_nodes.h"
#include "tests/support/catch.h"
#include "tests/wallet/lying_node.h"
#include "tests/wallet/temporary_folder.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;
using test::Forgery;
using test::LyingNode;
using test::Recording;

constexpr std::size_t kPairs =
    400;  // of those that change something, beside all with a proof dropped or replayed

struct Judged {
  std::optional<Verdict> verdict;
  std::string refused;  // by what name, where no verdict was given

  std::string text() const { return verdict ? to_json(*verdict) : refused; }
};

// University 1 awards, and signs with a credential key of its own; University 0 has the node.
struct World {
  node::RunningNodes nodes{1, {{"statement_changes_per_day", 100'000}}, 1};
  SecretKey key = SecretKey::from_bytes(SignatureAlgorithm::kEcdsaP256, Bytes(32, 0x11)).value();
  SecretKey holder = SecretKey::from_bytes(SignatureAlgorithm::kEcdsaP256, Bytes(32, 0x22)).value();
  CredentialContents contents;
  std::string credential;
  LyingNode liar{nodes.at(0).node->api_port()};
  testamur::test::TemporaryFolder home;
  Client client{ClientOptions{{liar.endpoint()}, 10'000, ""}};
  std::optional<LedgerTrust> followed;
  std::uint64_t now_ms = 0;
  Recording before;
  Recording now;

  explicit World(const std::function<void(World&)>& contents_change = nullptr) {
    const auto message = possession_message(nodes.chain(), nodes.at(1).id, KeyPurpose::kCredential,
                                            key.public_key());
    const tx::KeyAddContent add{KeyPurpose::kCredential, key.public_key(),
                                key.sign(message.view())};
    commit(KeyPurpose::kRoot, tx::build(nodes.envelope(1), add));

    auto& head = contents.head;
    head.achievement = nodes.publish(1, 0);
    head.issuer_domain = "university1.example";
    head.issuer_key = key_id(KeyPurpose::kCredential, key.public_key());
    head.issued_at_s = nodes.at(0).node->chain().head()->header.time_ms / 1000;
    head.holder = holder.public_key();
    head.holder_made = true;
    head.reference = make_reference(nodes.chain(), nodes.at(1).id, IssuerIndex{5});
    head.salt.bytes.fill(0x5a);

    contents.claims = {{ClaimId::kGivenName, std::string("Ada")},
                       {ClaimId::kTitle, std::string("Logic")},
                       {ClaimId::kEctsHundredths, std::uint64_t{300}},
                       {ClaimId::kEqfLevel, std::uint64_t{6}}};

    if (contents_change) contents_change(*this);
  }
  void commit(KeyPurpose purpose, const tx::Built& built) {
    REQUIRE(nodes.commit(0, nodes.sign(1, purpose, built)).state ==
            node::Outcome::State::kCommitted);
  }
  // Signs and, unless told otherwise, anchors it.
  void issue(const SecretKey& by, bool anchored = true) {
    auto issued = issue_credential(contents, nodes.chain(), by).value();
    credential = issued.sd_jwt;
    if (!anchored) return;
    const tx::IssueListedContent batch{
        contents.head.achievement, IssuerIndex{5}, {issued.commitment}};
    commit(KeyPurpose::kIssue, tx::build(nodes.envelope(1), batch));
  }
  void change(tx::StatusAction action) {
    const tx::StatusChangeContent content{action, tx::StatusReason::kWithdrawn,
                                          std::vector{IssuerIndex{5}}};
    commit(KeyPurpose::kIssue, tx::build(nodes.envelope(1), content));
  }
  void compromise() {
    const tx::KeyRetireContent content{contents.head.issuer_key,
                                       contents.head.issued_at_s * 1000 - 1};
    commit(KeyPurpose::kRoot, tx::build(nodes.envelope(1), content));
  }

  // `follows` false: with what the home has followed before, as where a node lies only afterwards.
  Judged judge_in(const std::string& folder, bool follows = true) {
    LedgerTrust trust = follows || !followed ? LedgerTrust(folder) : *followed;

    if (follows || !followed) {
      if (auto problem = trust.load()) return {std::nullopt, problem->name};
      if (auto problem = trust.follow(client, std::nullopt); problem && !problem->unreachable())
        return {std::nullopt, problem->name};
      if (!now.empty() && !followed) followed = trust;
    }

    const auto view = read_credential(credential).value();
    const auto* named = trust.find(view.head.reference);
    auto facts =
        gather_facts(client, view, "", named ? std::optional(named->genesis.chain) : std::nullopt);
    if (auto lie = prove_facts(client, trust, view, facts)) return {std::nullopt, lie->name};

    VerifyRules rules;
    rules.need_holder = false;
    rules.now_ms = now_ms != 0 ? now_ms : SystemClock{}.now_ms();
    return {verify_presentation(credential, facts, rules), {}};
  }
  Judged judge(bool follows = true) { return judge_in(home.file("ledgers"), follows); }

  // Records what the true node says, by a home that is then thrown away.
  Recording record_once() {
    testamur::test::TemporaryFolder other;
    liar.replay({});
    liar.record(true);
    judge_in(other.file("ledgers"));
    liar.record(false);
    return liar.recording();
  }
  // The truth, as the home sees it that will be lied to.
  Judged truth() {
    liar.replay({});
    liar.record(true);
    const auto judged = judge();
    now = liar.recording();
    liar.record(false);
    now_ms = judged.verdict->verified_at_ms;
    return judge();
  }
  Judged judge(const std::vector<const Forgery*>& forgeries) {
    liar.forge([&](const std::string& method, google::protobuf::Message& answer) {
      for (const auto* forgery : forgeries) {
        if (forgery->method == method) forgery->apply(answer);
      }
    });
    const bool of_following = std::ranges::any_of(forgeries, [](const Forgery* forgery) {
      return forgery->method == "GetStatus" || forgery->method == "GetSetChanges" ||
             forgery->method == "GetParameters";
    });
    auto judged = judge(of_following);
    liar.forge(nullptr);
    return judged;
  }

  std::vector<Forgery> all_forgeries() const {
    std::vector<Forgery> all;
    for (const auto& [asked, bytes] : now) {
      auto answer = test::answer_of(asked.first);
      REQUIRE(answer->ParseFromString(bytes));

      std::unique_ptr<google::protobuf::Message> earlier;
      if (const auto old = before.find(asked); old != before.end()) {
        earlier = test::answer_of(asked.first);
        REQUIRE(earlier->ParseFromString(old->second));
      }

      std::ranges::move(test::forgeries_of(asked.first, *answer, earlier.get()),
                        std::back_inserter(all));
    }
    return all;
  }
};

bool is_good(Standing standing) {
  return standing == Standing::kGenuine || standing == Standing::kFound;
}

// Why the forged verdict is better than the truth; empty where it is not.
std::string better(const Verdict& truth, const Verdict& forged) {
  if (is_good(standing(forged)) && !is_good(standing(truth)))
    return "the headline is " + headline(forged);
  if (forged.status == EffectiveStatus::kValid && truth.status != EffectiveStatus::kValid)
    return "the status is valid";
  for (const auto& finding : forged.findings) {
    if (finding.topic == Topic::kAcceptance || finding.answer != Answer::kValid) continue;
    const auto* before = find(truth, finding.topic);
    if (before == nullptr || before->answer != Answer::kValid)
      return "valid now: " + std::string(to_text(finding.topic));
  }
  return {};
}

// A fact that is shown as proven and is not so; empty where there is none. Proofs of before speak
// of their own block.
std::string wrongly_proven(const Verdict& truth, const Verdict& forged) {
  const auto& said = forged.facts;
  const auto& true_facts = truth.facts;

  // An old proof says how it was then, which may differ from now and be true.
  if (!said.as_of || said.as_of->basis != Basis::kProven ||
      said.as_of->height < true_facts.as_of->height)
    return {};

  const auto issuer = [](const IssuerRecord& r) {
    return std::tuple(r.id, r.name_now, r.name_then, r.country, r.domain, r.standing);
  };
  if (said.issuer && said.issuer->basis == Basis::kProven &&
      issuer(*said.issuer) != issuer(*true_facts.issuer))
    return "issuer";

  for (const auto& slot : said.slots.value_or(std::vector<SlotRecord>{})) {
    if (slot.basis != Basis::kProven) continue;
    const auto& true_slot = true_facts.slots->front();
    if (slot.status != true_slot.status || slot.commitment != true_slot.commitment ||
        slot.index != true_slot.index || slot.achievement != true_slot.achievement ||
        slot.anchor_time_ms != true_slot.anchor_time_ms)
      return "slot";
  }

  for (const auto& key : said.keys.value_or(std::vector<KeyRecord>{})) {
    if (key.basis != Basis::kProven) continue;
    const auto known = std::ranges::find(*true_facts.keys, key.id, &KeyRecord::id);
    if (known == true_facts.keys->end() || known->owner != key.owner || known->key != key.key ||
        known->compromised_since_ms != key.compromised_since_ms)
      return "key";
  }

  for (std::size_t i = 0; i < forged.elements.size(); ++i) {
    const auto& element = forged.elements[i];
    if (!element.rests_on.starts_with("proven")) continue;
    const auto same = std::ranges::any_of(truth.elements, [&](const Element& one) {
      return one.name == element.name && one.value == element.value;
    });
    if (!same) return std::string(element.name);
  }
  return {};
}

// Counts, and fails on the first forgeries that fool the wallet.
struct Court {
  World& world;
  Judged truth;
  std::size_t tried = 0;
  std::size_t fooled = 0;

  // Whether it changed anything.
  bool try_out(const std::vector<const Forgery*>& forgeries) {
    const auto forged = world.judge(forgeries);
    ++tried;
    if (!forged.verdict) return true;
    const auto why = better(*truth.verdict, *forged.verdict);
    const auto shown = wrongly_proven(*truth.verdict, *forged.verdict);
    if ((!why.empty() || !shown.empty()) && ++fooled < 20) {
      std::string what;
      for (const auto* forgery : forgeries) what += forgery->method + ": " + forgery->what + "; ";
      FAIL_CHECK(what << "\n  better: " << why << "\n  wrongly proven: " << shown);
    }
    return forged.text() != truth.text();
  }
};

void hold_court(World& world, Standing expected) {
  Court court{world, world.truth()};
  REQUIRE(court.truth.verdict);
  INFO(to_text(*court.truth.verdict));
  REQUIRE(standing(*court.truth.verdict) == expected);
  const auto all = world.all_forgeries();
  std::vector<const Forgery*> telling;
  std::vector<const Forgery*> of_proofs;
  for (const auto& forgery : all) {
    if (court.try_out({&forgery})) telling.push_back(&forgery);
    const bool whole = forgery.what == "receipts dropped" || forgery.what == "replayed whole";
    if (forgery.method == "GetReceipt" && whole) of_proofs.push_back(&forgery);
  }
  CHECK(all.size() > 500);
  // Of what the ledger does not list there is no proof to withhold.
  if (expected != Standing::kNotListed) CHECK(of_proofs.size() >= (world.before.empty() ? 1u : 2u));

  // Without a proof, or with one of before, every other field is the node's to choose.
  for (const auto* proof : of_proofs) {
    for (const auto& forgery : all) court.try_out({proof, &forgery});
  }
  const std::size_t pairs = telling.size() * telling.size();
  const std::size_t stride = std::max<std::size_t>(1, pairs / kPairs) | 1;
  for (std::size_t i = 0; i < pairs; i += stride) {
    const auto *first = telling[i / telling.size()], *second = telling[i % telling.size()];
    if (first != second) court.try_out({first, second});
  }
  WARN(std::string(to_text(expected))
       << ": " << all.size() << " forgeries, " << telling.size() << " of them telling; "
       << court.tried << " lies tried, " << court.fooled << " believed");
  CHECK(court.fooled == 0);
}

}  // namespace

TEST_CASE("a good credential: lies take something away from it, and add nothing") {
  World world;
  world.issue(world.key);
  hold_court(world, Standing::kGenuine);
}

TEST_CASE("no lie makes a revoked credential valid again, and no proof of before") {
  World world;
  world.issue(world.key);
  world.before = world.record_once();
  world.change(tx::StatusAction::kRevoke);
  hold_court(world, Standing::kRevoked);
}

TEST_CASE("no lie ends a suspension") {
  World world;
  world.issue(world.key);
  world.before = world.record_once();
  world.change(tx::StatusAction::kSuspend);
  hold_court(world, Standing::kSuspended);
}

TEST_CASE("no lie makes good what a compromised key signed") {
  World world;
  world.issue(world.key);
  world.before = world.record_once();
  world.compromise();
  hold_court(world, Standing::kVoid);
}

TEST_CASE("no lie makes a signature good that another key made") {
  World world;
  world.issue(SecretKey::from_bytes(SignatureAlgorithm::kEcdsaP256, Bytes(32, 0x33)).value());
  hold_court(world, Standing::kForged);
}

TEST_CASE("no lie makes contents agree that the registry contradicts") {
  World world(
      [](World& w) { w.contents.claims[ClaimId::kEctsHundredths] = std::uint64_t{30'000}; });
  world.issue(world.key);
  hold_court(world, Standing::kForged);
}

TEST_CASE("no lie anchors a credential that nobody issued") {
  World world;
  world.issue(world.key, false);
  hold_court(world, Standing::kNotListed);
}

TEST_CASE(
    "a proof of before is not taken for now, by whichever way the home knows of the newer block") {
  World world;
  world.issue(world.key);
  world.before = world.record_once();
  world.change(tx::StatusAction::kRevoke);
  REQUIRE(standing(*world.truth().verdict) == Standing::kRevoked);
  world.liar.replay(world.before);
  const auto replayed = world.judge();
  REQUIRE(replayed.verdict);
  INFO(to_text(*replayed.verdict));
  CHECK(verdict_code(*replayed.verdict) == VerdictCode::kUnreachable);
  CHECK(find(*replayed.verdict, Topic::kStatus)->text.find("[stale_proof]") != std::string::npos);
}

// The node's own institution lists somebody else's commitment, and shows its own, true receipt.
TEST_CASE("the receipt of another institution that lists the same commitment proves no award") {
  World world;
  world.issue(world.key);
  const auto view = read_credential(world.credential).value();
  const auto commitment = commitment_of(world.nodes.chain(), view);
  const tx::IssueListedContent copied{world.nodes.publish(0, 0), IssuerIndex{5}, {commitment}};
  const auto sent =
      world.nodes.sign(0, KeyPurpose::kIssue, tx::build(world.nodes.envelope(0), copied));
  REQUIRE(world.nodes.commit(0, sent).state == node::Outcome::State::kCommitted);

  world.liar.record(true);
  LedgerTrust trust(world.home.file("ledgers"));
  REQUIRE_FALSE(trust.load());
  REQUIRE_FALSE(trust.follow(world.client, std::nullopt));
  const auto fetched = [&] {
    return fetch_receipt(world.client, *trust.current(), view, world.nodes.chain());
  };
  REQUIRE(fetched().receipt);

  // What is shown of the other one's slot first is shown for the award as well.
  std::optional<v1::GetReceiptResponse> others;
  world.liar.forge([&others](const std::string& method, google::protobuf::Message& answer) {
    if (method.find("GetReceipt") == std::string::npos) return;
    auto& receipts = dynamic_cast<v1::GetReceiptResponse&>(answer);
    if (!others) others = receipts;
    receipts = *others;
  });
  const auto shown = world.client.receipts(world.nodes.at(0).id, IssuerIndex{5}, {});
  REQUIRE(std::get<std::vector<Bytes>>(shown).size() == 1);
  CHECK_FALSE(fetched().receipt);
}

}  // namespace testamur::wallet
