// verify, receipt: what a verifier is shown, judged by what nodes prove, or by a receipt alone.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <set>

#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/description/disclosure.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/files/request_file.h"
#include "wallet/cli/files/system_files.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/flow/own_decision.h"
#include "wallet/cli/flow/viewpoint_decision.h"
#include "wallet/cli/option.h"
#include "wallet/client/facts.h"
#include "wallet/client/proven_facts.h"
#include "wallet/credential/credential.h"
#include "wallet/credential/last_day.h"
#include "wallet/keystore/file.h"
#include "wallet/verify/verify.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxCredentialBytes = std::size_t{1} << 20;
constexpr std::uint64_t kMaxStatusAgeMs = 600'000;
constexpr std::uint64_t kDefaultMaxAgeS = 86'400;  // of a bare nonce: mail waits over a night

struct ReceiptOptions {
  Given<std::string> file;
  Given<std::string> out;
};
struct VerifyOptions {
  Given<std::vector<std::string>> files;
  Given<std::string> audience;
  Given<std::string> nonce;
  Given<std::string> purpose;
  Given<std::string> receipt;
  Given<std::string> policy_file;
  Given<std::string> graph_file;
  Given<std::string> request;
  Given<std::string> viewpoint;
  Given<bool> no_holder;
  Given<std::optional<std::uint64_t>> max_age_s;
  Given<std::optional<std::uint64_t>> max_status_age_ms;
  Given<std::optional<std::uint64_t>> max_graph_age_ms;
};

struct Asked {
  RegistryFacts facts;
  std::optional<Failure> failed;
  std::uint64_t proven_ms = 0;  // time of the newest block that this home has proven
};

// What the nodes say, proven where they prove it. Without a node everything stays unknown; a forged
// answer is refused.
Asked facts_of_nodes(Context& context, const CredentialView& view, const std::string& purpose) {
  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  const auto problem = follow_ledger(context, client, trust);
  if (problem && !problem->unreachable()) return {{}, failure_of(*problem)};
  Asked asked{gather_facts(client, view, purpose, named_ledger(trust, view.head.reference)),
              std::nullopt, newest_proven_ms(trust)};
  if (const auto lie = prove_facts(client, trust, view, asked.facts)) return {{}, failure_of(*lie)};
  return asked;
}

Result<ledger::Receipt> read_receipt_file(const std::string& file) {
  TM_TRY(const auto raw, read_file(file, ledger::Receipt::kMaxEncodedSize));
  auto receipt = ledger::decode_receipt(raw);
  if (!receipt.ok()) return error(file + ": " + receipt.message());
  return receipt;
}

// A receipt of another credential says nothing of this one, neither for it nor against it. One of
// its place is judged: where another commitment stands there, this credential is none of the
// ledger's.
std::optional<Failure> other_receipt(const ledger::Receipt& receipt, const CredentialView& view) {
  const auto& reference = view.head.reference;
  const auto& issuer = receipt.slot.page_static.issuer;
  const auto index = receipt.slot.issuer_index();
  if (issuer == reference.issuer && index == reference.index) return std::nullopt;

  const auto of = make_reference(receipt.checkpoint.header.chain, issuer, index);
  return Failure{ExitCode::kUsage,
                 "the receipt is of another credential (" + to_text(of) + "), and this one is " +
                     to_text(reference) +
                     ": take one of this (testamur credential receipt); "
                     "nothing was judged",
                 "other_receipt"};
}

// What a receipt proves under a ledger that this home trusts; nobody is asked.
Asked facts_of_file(Context& context, const CredentialView& view, const ledger::Receipt& receipt) {
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = trust.load()) return {{}, failure_of(*problem)};

  const auto& certified = receipt.checkpoint.header.chain;
  const auto* trusted = trust.find(certified);
  const auto* named = trust.find(view.head.reference);

  if (auto other = other_receipt(receipt, view)) return {{}, std::move(other)};

  if (trusted == nullptr) {
    return {{},
            Failure{ExitCode::kUnknown,
                    "the receipt is of the ledger " + to_text(certified) +
                        ", which this home does not trust: testamur ledger trust FILE "
                        "[other_ledger]"}};
  }

  auto facts =
      facts_from_receipt(receipt, *trusted, named == nullptr ? certified : named->genesis.chain);
  if (!facts.ok()) return {{}, Failure{ExitCode::kInvalid, facts.message() + " [forged_proof]"}};

  // A receipt speaks of its own block: a newer one that is known decides what of it still holds.
  facts->newest_known = std::max(facts->newest_known, floor_of(trust));
  return {std::move(facts).value(), std::nullopt,
          std::max(newest_proven_ms(trust), receipt.checkpoint.header.time_ms)};
}

Outcome keep_receipt(Context& context, const ReceiptOptions& options) {
  const std::string file = options.file;
  const std::string out = options.out;

  auto raw = read_file(file, kMaxCredentialBytes);
  if (!raw.ok()) return fail(context, ExitCode::kUsage, raw.message());
  auto pasted = read_pasted(as_text(*raw));
  if (!pasted.ok()) return fail(context, ExitCode::kUsage, file + ": " + pasted.message());

  auto view = read_credential(*pasted);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());

  Client client = context.client();
  LedgerTrust trust(context.path("ledgers"));
  if (auto problem = follow_ledger(context, client, trust)) return fail(context, *problem);

  const auto facts = gather_facts(client, *view, "", named_ledger(trust, view->head.reference));
  auto fetched = fetch_receipt(client, *trust.current(), *view, facts.chain);

  if (fetched.failure) return fail(context, *fetched.failure);
  if (!fetched.receipt) {
    return fail(context, ExitCode::kUnknown,
                "no node shows a proof of this credential: is it anchored, and listed?");
  }

  if (const ExitCode written = write_named_file(context, out, ledger::encode(*fetched.receipt));
      written != ExitCode::kOk) {
    return written;
  }

  const auto& header = fetched.receipt->checkpoint.header;
  const bool is_old = header.time_ms + kFreshStatusMs < context.now_ms();
  return Reply{
      Json{{"file", out}, {"height", header.height.value}, {"time_ms", header.time_ms}},
      "wrote " + out + ": proves the status at block " + std::to_string(header.height.value) +
          ", of " + format_time_ms(header.time_ms) + " UTC, to whoever trusts " +
          to_text(header.chain) + "\n  " +
          (is_old
               ? "it is more than 10 min old already: ask another node (--endpoint), or say what "
                 "age you accept: --max-status-age\n"
               : "once this home has seen a later block, or 10 min after that, say what age you "
                 "accept: --max-status-age\n")};
}

// What is asked of every file. All options, and the files that they name, are read for it at once:
// what one of them has no say in does not hang on whether a file can be read, and a folder is
// judged by one reading.
struct VerifyQuestion {
  // Of the holder: what the request says, a bare audience and nonce, or nothing.
  std::optional<HolderRules> holder;
  std::optional<VerifierRequest> request;
  bool no_holder = false;
  std::string purpose;
  std::optional<ledger::Receipt> receipt;
  std::optional<OwnFiles> own;  // decided here by these, and not by the node's policy
  std::uint64_t max_status_age_ms = kMaxStatusAgeMs;
  bool age_is_chosen = false;  // by whoever asks
  std::uint64_t max_graph_age_ms = kMaxGraphAgeMs;
  std::optional<Viewpoint> viewpoint;
};

// By the verifier's own policy, in the place of what the node's institution decides. Nothing is
// lost where the network cannot be asked: then the decision is unknown, with the reason.
void decide_here(Client& client, const VerifyQuestion& question, std::uint64_t now_ms,
                 const CredentialView& view, RegistryFacts& facts) {
  const OwnFiles& files = *question.own;
  NodeGraph node(client);
  GraphSource& source = files.graph ? static_cast<GraphSource&>(*files.graph) : node;

  AwardQuestion award;
  award.point.achievement =
      trust::AchievementName{view.head.achievement.institution, view.head.achievement.number};

  std::string missing;
  if (files.graph) {
    if (auto known = files.graph->achievement(view.head.achievement)) {
      if (auto read = award_question(*known); read.ok()) {
        award = *read;
      } else {
        missing = files.graph_file + ": " + read.message();
      }
    } else {
      missing = "the graph file does not hold the achievement " + to_text(view.head.achievement);
    }
  } else {
    auto answer = client.achievement(view.head.achievement);
    if (auto* failure = std::get_if<CallError>(&answer)) {
      missing = failure->message;
    } else if (auto read = award_question(std::get<AchievementAnswer>(answer)); read.ok()) {
      award = *read;
    } else {
      missing = client.answering() + ": " + read.message();
    }
  }

  // Dropped even where nothing replaces them: they are not by the policy that was asked for.
  facts.decisions.reset();
  facts.acceptance.reset();

  const auto& viewpoint = question.viewpoint;
  const OwnDecision own{files,
                        question.purpose,
                        id_of(viewpoint),
                        viewpoint ? viewpoint->published : std::string{},
                        now_ms,
                        question.max_graph_age_ms};

  auto decided = missing.empty() ? decide_by_own_policy(source, own, award, view, facts)
                                 : Status(error(missing));
  if (!decided.ok() && facts.problem.empty()) facts.problem = decided.message();
}

Attempt<void> read_holder_question(const Context& context, const VerifyOptions& options,
                                   VerifyQuestion& question) {
  if (options.audience->empty() != options.nonce->empty())
    return error(
        "--audience and --nonce go together: the holder's proof is made for both. Give the other "
        "one too");

  const bool bare = !options.audience->empty();
  const std::optional<std::uint64_t> max_age_s = options.max_age_s;
  const auto now_s = context.now_ms() / 1000;

  if (!options.request->empty()) {
    if (bare || max_age_s)
      return error("--audience, --nonce and --max-age stand in the request: leave them out");
    TM_TRY(question.request, read_request_file(options.request));
    question.holder = holder_rules(*question.request, now_s);
  } else if (bare) {
    question.holder =
        HolderRules{options.audience, options.nonce, now_s, max_age_s.value_or(kDefaultMaxAgeS)};
  } else if (max_age_s) {
    return error("--max-age is the age of the holder's proof: it needs --audience and --nonce");
  }

  question.no_holder = options.no_holder;
  if (question.no_holder && question.holder)
    return error(
        "--no-holder and a question to the holder contradict each other: leave one of them out");

  return {};
}

Attempt<VerifyQuestion> read_question(Context& context, const VerifyOptions& options) {
  VerifyQuestion question;
  TM_TRY_STATUS(read_holder_question(context, options, question));
  const std::string receipt = options.receipt;
  const std::string policy_file = options.policy_file;
  const std::string graph_file = options.graph_file;
  const std::optional<std::uint64_t> age_ms = options.max_status_age_ms;
  question.age_is_chosen = age_ms.has_value();
  question.max_status_age_ms = age_ms.value_or(kMaxStatusAgeMs);

  // A receipt says nothing of acceptance: beside it only a policy asks for a purpose.
  if (receipt.empty() || !policy_file.empty()) question.purpose = options.purpose;
  if (question.request && !question.request->purpose.empty()) {
    if (!options.purpose->empty())
      return error("--purpose stands in the request (" + question.request->purpose +
                   "): leave it out");
    question.purpose = question.request->purpose;
  }

  // What concerns every file is looked at before any of them.
  if (!question.purpose.empty()) TM_TRY_STATUS(trust::parse_purpose(question.purpose));
  if (!policy_file.empty()) {
    TM_TRY(question.own, read_own_files(context, policy_file, graph_file));
    const std::optional<std::uint64_t> graph_age_ms = options.max_graph_age_ms;
    question.max_graph_age_ms = graph_age_ms.value_or(kMaxGraphAgeMs);
  }
  if (!receipt.empty()) {
    TM_TRY(question.receipt, read_receipt_file(receipt));
    if (question.own && !question.own->graph)
      return error(
          "--receipt asks nobody, and --policy needs who recognises whom: give that too (--graph "
          "FILE, from testamur trust graph), or leave --receipt out and ask a node");
  }

  if (options.viewpoint->empty()) return question;
  if (question.receipt && !question.own)
    return error(
        "--receipt asks no node, and without one nobody decides for --viewpoint: give a policy to "
        "decide by (--policy FILE), or leave one of the two out");

  // Asks a node, whatever else is judged without one: names and published policies stand in the
  // registry.
  Client client = context.client();
  TM_TRY(question.viewpoint, read_viewpoint(client, options.viewpoint));
  return question;
}

// Whether the achievement says it by itself, for every award.
bool is_stated(const AchievementRecord& record, ClaimId id) {
  switch (id) {
    case ClaimId::kTitle: return !record.titles.empty();
    case ClaimId::kEctsHundredths: return record.ects_hundredths != 0;
    case ClaimId::kEqfLevel: return record.eqf_level != 0;
    case ClaimId::kIdentityCheck: return !record.identity_check.empty();
    default: return false;
  }
}

// What the verifier asked for and finds neither in what is shown nor, proven, in the registry,
// which anybody may read.
std::vector<ClaimId> not_shown(const VerifyQuestion& question, const Verdict& verdict) {
  auto missing = missing_claims(*question.request, *verdict.credential);
  std::erase_if(missing, [&](ClaimId id) {
    const auto& registered = verdict.facts.achievement;
    return registered && registered->basis == Basis::kProven && is_stated(*registered, id);
  });
  return missing;
}
void add_missing(const VerifyQuestion& question, Verdict& verdict) {
  if (!question.request || !verdict.credential) return;
  add_answer(verdict, claim_names(not_shown(question, verdict)));
}

Json verdict_json(const VerifyQuestion& question, const Verdict& verdict) {
  Json json = as_json(verdict);
  if (!question.request || !verdict.credential) return json;
  json["asked_and_not_shown"] = Json::array();
  for (const auto id : not_shown(question, verdict))
    json["asked_and_not_shown"].push_back(std::string(kind_of(id).name));
  return json;
}

// One file, by what was asked of all.
Attempt<Verdict> judge_file(Context& context, const VerifyQuestion& question,
                            const std::string& file) {
  TM_TRY(const auto raw, read_file(file, kMaxCredentialBytes));
  auto pasted = read_pasted(as_text(raw));
  if (!pasted.ok()) return error(file + ": " + pasted.message());
  VerifyRules rules{context.now_ms(), question.max_status_age_ms, question.holder, true,
                    !question.no_holder};
  rules.age_option = "--max-status-age";
  rules.older_block_hint =
      question.receipt ? "--max-status-age accepts an older one"
                       : "the node is behind what this home has seen: ask another one (--endpoint)";

  // A node that is asked could show the proof of yesterday; of a receipt, which nobody is asked
  // about, a person may say how old a one they accept.
  rules.accept_older_block = question.receipt && question.age_is_chosen;
  RegistryFacts facts;
  if (auto view = read_credential(*pasted); view.ok()) {
    auto asked = question.receipt ? facts_of_file(context, *view, *question.receipt)
                                  : facts_of_nodes(context, *view, question.purpose);
    if (asked.failed) return *asked.failed;

    // Ages are told by this machine's clock. One that is behind a proven block is wrong, and nobody
    // else is to blame.
    TM_TRY_STATUS(refuse_clock_behind(context, asked.proven_ms));
    facts = std::move(asked.facts);
    Client client = context.client();
    if (question.own) {
      decide_here(client, question, context.now_ms(), *view, facts);
    } else if (question.viewpoint) {
      decide_for(client, *question.viewpoint, question.purpose, facts, claimed_date_ms(*view));
    }
  }
  Verdict verdict = verify_presentation(*pasted, facts, rules);
  add_missing(question, verdict);
  return verdict;
}

// The files that are meant. A folder stands for those in it, and not for what lies deeper.
struct NamedFiles {
  std::vector<std::string> files;
  std::vector<std::string> not_looked_at;
  std::vector<std::string> of_the_system;  // not looked at either, and nobody misses them
};

std::string not_looked_at_text(const NamedFiles& named) {
  std::string text;
  for (const auto& path : named.of_the_system)
    text += "  not looked at: " + one_line(path) + ", of the system\n";
  for (const auto& path : named.not_looked_at)
    text += "  not looked at: " + one_line(path) +
            (is_folder(path) ? ", a folder: name it to have it judged\n" : ", which is no file\n");
  return text;
}

// Whose it is and what, as far as it is shown: whoever sends a friend's answer is seen here.
std::string about(const Verdict& verdict) {
  if (!verdict.credential) return {};
  std::string text;
  for (const auto& element : verdict.elements) {
    const bool is_learner = element.name == "learner";
    if (!is_learner && element.name != "title" && element.name != "awarding body") continue;
    if (!text.empty()) text += ", ";
    text += element.value.empty() ? (is_learner ? std::string("no name shown")
                                                : std::string(element.name) + " not known")
                                  : apart(element.value);
  }
  return text.empty() ? text : " (" + text + ")";
}

// A line for whoever reads many: what it is, and who does not recognise its issuer.
std::string verdict_line(const std::string& name, const Verdict& verdict) {
  std::string text = apart(name) + "  " + one_line(headline(verdict)) + about(verdict);
  const auto* accepted = find(verdict, Topic::kAcceptance);
  const bool is_open = accepted != nullptr && accepted->answer != Answer::kValid;
  if (standing(verdict) == Standing::kGenuine && is_open)
    text += "; " + one_line(recognition(verdict));
  return text + "\n";
}

// The same for all presentations of one credential that come to the same; another one for each
// file that breaks its form.
std::string identity_of(const Verdict& verdict, const std::string& file) {
  const std::string word(to_text(standing(verdict)));
  if (!verdict.credential) return word + file;
  const auto& view = *verdict.credential;
  return word + to_text(view.head.reference) + commitment_of(ChainId{}, view).hex();
}

// What many verdicts come to. Of one credential that was shown twice the second counts as repeated.
struct Counts {
  std::map<std::string, std::size_t> by_word;
  // Of the genuine ones; each is counted whatever else decides the exit code.
  std::size_t not_accepted = 0, not_known = 0, old_status = 0, incomplete = 0, no_holder = 0;
  std::size_t grants_over = 0, repeated = 0;
  std::size_t own_word = 0;  // accepted by the issuer itself alone

  void add(const Verdict& verdict) {
    ++by_word[std::string(to_text(standing(verdict)))];
    grants_over += verdict.grant_over_s ? 1 : 0;
    if (standing(verdict) != Standing::kGenuine) return;
    const auto is = [&verdict](Topic topic, Answer answer) {
      const auto* finding = find(verdict, topic);
      return finding != nullptr && finding->answer == answer ? 1U : 0U;
    };
    not_accepted += is(Topic::kAcceptance, Answer::kNotValid);
    not_known += is(Topic::kAcceptance, Answer::kUnknown);
    own_word += is(Topic::kAcceptance, Answer::kValid) != 0 && is_own_word(verdict) ? 1 : 0;
    incomplete += is(Topic::kAnswer, Answer::kNotValid);
    no_holder += is(Topic::kHolder, Answer::kUnknown);
    old_status += is_status_old(verdict) ? 1 : 0;
  }
  std::string text() const {
    std::string all;
    for (const auto& [word, count] : by_word)
      all += (all.empty() ? "" : ", ") + std::to_string(count) + " " + word;
    const auto say = [&all](std::size_t count, const char* before, const char* what) {
      if (count > 0) all += std::string("; ") + before + std::to_string(count) + what;
    };
    say(not_accepted, "of ", " the issuer is not accepted");
    say(not_known, "of ", " it is not known whether the issuer is accepted");
    say(own_word, "of ", " the issuer is accepted by its own word about itself alone");
    say(no_holder, "of ", " it is not known whether its holder shows it");
    say(incomplete, "of ", " not all is shown that was asked for");
    say(old_status, "of ",
        " genuine the status is that of an older block, and what changed since is not known");
    say(grants_over, "of ", " the holder's grant is over");
    say(repeated, "", " shown before, and not counted again");
    return all;
  }
  void put_into(Json& json) const {
    json["counts"] = by_word;
    json["not_accepted"] = not_accepted;
    json["not_known_whether_accepted"] = not_known;
    json["own_word"] = own_word;
    json["holder_not_known"] = no_holder;
    json["not_all_shown"] = incomplete;
    json["old_status"] = old_status;
    json["grants_over"] = grants_over;
  }
};

// Every file, a line each; one that is no credential is said and takes nothing from the others.
Outcome verify_files(Context& context, const VerifyQuestion& question, const NamedFiles& named) {
  const auto& files = named.files;
  Reply reply{Json{{"files", Json::array()}}, {}, ExitCode::kOk};
  Counts counts;
  std::map<std::string, std::string> first_of;  // by identity: the file that showed it first
  Progress progress("verifying", files.size(), context.quiet || context.json);

  // Two of one name are told apart by their folders.
  std::set<std::string> names;
  for (const auto& file : files) names.insert(std::filesystem::path(file).filename().string());
  const bool by_name = names.size() == files.size();

  for (const auto& file : files) {
    const auto verdict = judge_file(context, question, file);
    const std::string name = by_name ? std::filesystem::path(file).filename().string() : file;
    progress.advance(reply.json["files"].size() + 1);
    if (!verdict.ok()) {
      // What concerns all of them ends it: no such policy, a ledger that lies, a clock that is
      // wrong.
      if (verdict.failure().exit != ExitCode::kUsage) return verdict.failure();
      const bool is_credential = verdict.failure().code == "other_receipt";
      ++counts.by_word[is_credential ? "not judged" : "unreadable"];
      reply.text += apart(name) + (is_credential ? "  not judged: " : "  no credential: ") +
                    one_line(verdict.message()) + "\n";
      reply.json["files"].push_back(Json{{"file", name}, {"error", verdict.message()}});
      reply.exit = worse(reply.exit, verdict.failure().exit);
      continue;
    }
    reply.exit = worse(reply.exit, static_cast<ExitCode>(verdict_code(*verdict)));
    Json json = verdict_json(question, *verdict);
    json["file"] = name;
    if (const auto first = first_of.emplace(identity_of(*verdict, file), name); first.second) {
      counts.add(*verdict);
      reply.text += verdict_line(name, *verdict);
    } else {
      json["same_as"] = first.first->second;
      ++counts.repeated;
      reply.text += apart(name) + "  same credential as " + apart(first.first->second) + "; " +
                    verdict_line("", *verdict).substr(2);
    }
    reply.json["files"].push_back(std::move(json));
  }
  // A program that reads the exit code alone takes what was not looked at for judged.
  if (!named.not_looked_at.empty()) reply.exit = worse(reply.exit, ExitCode::kUsage);
  reply.text += std::to_string(files.size()) + (files.size() == 1 ? " file: " : " files: ") +
                counts.text() + "\n" + not_looked_at_text(named);
  reply.json["exit_code"] = static_cast<int>(reply.exit);
  counts.put_into(reply.json);
  reply.json["not_looked_at"] = named.not_looked_at;
  reply.json["of_the_system"] = named.of_the_system;
  return reply;
}

Result<NamedFiles> files_named(const std::vector<std::string>& named) {
  NamedFiles all;
  for (const auto& path : named) {
    if (!is_folder(path)) {
      all.files.push_back(path);
      continue;
    }
    TM_TRY(const auto within, list_folder(path));
    for (const auto& entry : within) {
      auto& place = is_of_the_system(entry)  ? all.of_the_system
                    : is_regular_file(entry) ? all.files
                                             : all.not_looked_at;
      place.push_back(entry);
    }
    if (within.empty()) return error(path + " holds no file");
  }
  // A folder that was named itself is judged.
  std::erase_if(all.not_looked_at, [&named](const std::string& entry) {
    return std::ranges::any_of(named, [&entry](const std::string& path) {
      std::error_code ignored;
      return std::filesystem::equivalent(path, entry, ignored);
    });
  });
  if (all.files.empty()) {
    std::string left = not_looked_at_text(all);
    // A line end of its own would leave an empty line behind it.
    if (!left.empty()) left.pop_back();
    return error("there is no file in what was named" + (left.empty() ? "" : "\n" + left));
  }
  return all;
}

Outcome verify(Context& context, const VerifyOptions& options) {
  TM_TRY(const auto question, read_question(context, options));
  const std::vector<std::string> named = options.files;
  if (named.size() > 1 || is_folder(named.front())) {
    TM_TRY(const auto files, files_named(named));
    return verify_files(context, question, files);
  }

  TM_TRY(const auto verdict, judge_file(context, question, named.front()));
  return Reply{verdict_json(question, verdict), to_text(verdict),
               static_cast<ExitCode>(verdict_code(verdict))};
}

void add_receipt(Command credential, Context& context, Run& run) {
  auto kept = std::make_shared<ReceiptOptions>();
  auto keeping =
      credential.add_subcommand("receipt", "Keep a proof of the present status, for use offline");
  option(keeping, "file", kept->file, "A credential or presentation").required();
  option(keeping, "--out", kept->out, "File to write").required();
  keeping.callback(
      [&context, &run, kept] { run = [&context, kept] { return keep_receipt(context, *kept); }; });
}

void add_verifying(Command parent, Context& context, Run& run) {
  auto checking = std::make_shared<VerifyOptions>();
  auto verifying = parent.add_subcommand(
      "verify", "Signature, contents, status, holder and whether the issuer is accepted");
  option(verifying, "file", checking->files,
         "Credentials or presentations, or folders of them; several are judged a line each")
      .required();
  option(verifying, "--request", checking->request,
         "Judge the answer to this request: its audience, nonce, purpose and time");
  option(verifying, "--audience", checking->audience,
         "Require a holder's proof made for this name");
  option(verifying, "--nonce", checking->nonce, "… and this challenge");
  expect_number(option(verifying, "--max-age", checking->max_age_s,
                       "… not older than this many seconds, counted from when the holder made it "
                       "(default 86400)"),
                0, std::numeric_limits<std::uint64_t>::max());
  flag(verifying, "--no-holder", checking->no_holder, "It does not matter who shows it");
  option(verifying, "--viewpoint", checking->viewpoint,
         "Whether this institution (id or domain) accepts the issuer, and by whose policy");
  expect_number(
      option(verifying, "--max-status-age", checking->max_status_age_ms,
             "Older status is unknown, in milliseconds (default 600000); said beside --receipt, "
             "one of that age stands though a later block is known"),
      0, std::numeric_limits<std::uint64_t>::max());
  option(verifying, "--purpose", checking->purpose,
         "credit, access, exemption, employment, profession");
  option(verifying, "--receipt", checking->receipt, "Ask nobody: judge by this receipt");
  auto policy = option(verifying, "--policy", checking->policy_file,
                       "Decide here by this policy and not by the node's (docs/formats/policy.md)");
  option(verifying, "--graph", checking->graph_file,
         "… from the recognitions in this file (testamur trust graph --out) and not from a node")
      .needs(policy);
  expect_number(option(verifying, "--max-graph-age", checking->max_graph_age_ms,
                       "Older recognitions leave open what --policy says today, in milliseconds "
                       "(default 86400000, a day)")
                    .needs(policy),
                0, std::numeric_limits<std::uint64_t>::max());
  show_example(verifying, "testamur verify --request ask.testamur answer.txt");
  verifying.callback([&context, &run, checking] {
    run = [&context, checking] { return verify(context, *checking); };
  });
}

}  // namespace

void add_verify_commands(Command app, Command credential, Context& context, Run& run) {
  add_receipt(credential, context, run);
  add_verifying(credential, context, run);

  // The one thing that a verifier does, without its noun.
  add_verifying(app, context, run);
}

}  // namespace testamur::wallet
