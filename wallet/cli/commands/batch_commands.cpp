// issuer batch: from a class list to claim files.
//
// Everything is checked before anything lasts: the list against achievement and calendar, the
// vaults opened, the credentials signed in memory and verified as any verifier will, the person
// asked. Only then are indexes reserved and the batch saved, the transaction signed and saved, sent
// until committed, and the claim files written; from there on every step is repeatable (`resume`).
#include <algorithm>
#include <memory>
#include <set>

#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/issue_batch.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/award_changes.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/awards/award_targets.h"
#include "wallet/cli/flow/awards/batch_check.h"
#include "wallet/cli/flow/awards/batch_sending.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/cli/flow/awards/class_and_register.h"
#include "wallet/cli/flow/awards/corrections.h"
#include "wallet/cli/flow/follow_ledger.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/flow/wallet_requests.h"
#include "wallet/cli/terminal.h"
#include "wallet/client/ledger_trust.h"
#include "wallet/credential/award_check.h"
#include "wallet/credential/claim_file.h"
#include "wallet/credential/class_doubts.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/csv.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

// How far ahead of the newest block this machine's clock may be: beyond, either it or the node is
// wrong.
constexpr std::uint64_t kClockAheadMs = 86'400'000;

// Everything that is known before the keys are opened.
struct Preparation {
  std::vector<ClassRow> rows;
  std::vector<WalletRequest> requests;
  BatchPlan plan;
  std::vector<std::string> notices;
  std::vector<std::string> doubts;  // told as warnings
  std::uint64_t next_free_on_ledger = 0;
  std::vector<Places> used_on_ledger;
  std::uint64_t ledger_ms = 0;  // of the newest block that is known
};

// What every credential of the batch says of the award, from the registry, so that it agrees with
// it to the letter.
Result<Claims> common_claims(const AchievementRecord& record) {
  Claims claims;
  for (const auto& title : record.titles) {
    if (title.language == "en" || !claims.contains(ClaimId::kTitle))
      claims[ClaimId::kTitle] = title.text;
  }
  if (!claims.contains(ClaimId::kTitle)) return error("the achievement has no title");
  if (record.ects_hundredths != 0)
    claims[ClaimId::kEctsHundredths] = std::uint64_t{record.ects_hundredths};
  if (record.eqf_level != 0) claims[ClaimId::kEqfLevel] = std::uint64_t{record.eqf_level};
  return claims;
}

// ---- what the ledger says

// The newest block's time, by the node's word or as far as this home has proven it, whichever is
// later.
Attempt<std::uint64_t> newest_block_ms(const Context& context, std::uint64_t node_says_ms) {
  LedgerTrust trust(context.path("ledgers"));
  if (const auto problem = trust.load()) return failure_of(*problem);
  return std::max(node_says_ms, newest_proven_ms(trust));
}

Attempt<void> check_clock(Context& context, std::uint64_t ledger_ms) {
  const auto now_ms = context.now_ms();

  const std::string times = "this machine's clock says " + moment_text(now_ms) +
                            ", the ledger's newest block is of " + moment_text(ledger_ms);
  if (now_ms + kClockBehindMs < ledger_ms) {
    return Failure{
        ExitCode::kFailure,
        times + ": the credentials would be dated wrongly. Set the clock; nothing was issued."};
  }

  if (now_ms > ledger_ms + kClockAheadMs) {
    return Failure{ExitCode::kFailure,
                   times +
                       ": one of them is wrong. Set the clock, or ask another node with "
                       "--endpoint; nothing was issued."};
  }
  return {};
}

// The institution's own name and domain as they are now: verifiers compare with today's registry.
Attempt<void> read_own_facts(IssuerSession& session) {
  TM_TRY(const auto answer, asked(session.client.institution(session.profile.institution, false)));
  session.profile.name = answer.name.name_now;
  session.profile.domain = answer.name.domain;
  if (session.profile.name.empty() || session.profile.domain.empty()) {
    return Failure{ExitCode::kFailure,
                   "the node does not say this institution's name and domain; nothing was issued"};
  }
  return {};
}

Attempt<Preparation> prepare(IssuerSession& session, const IssueOptions& options) {
  auto& context = session.context;
  Preparation prepared;
  TM_TRY(const auto csv, read_file(options.csv, kMaxCsvBytes));
  TM_TRY(const auto reading, reading_of(options));
  auto list = read_class_list(as_text(csv), reading);
  if (!list.ok()) return error(*options.csv + ": " + list.message() + "\nnothing was issued");
  prepared.rows = std::move(list->rows);
  for (const auto& notice : list->notices) prepared.notices.push_back(*options.csv + ": " + notice);
  for (const auto& doubt : list->doubts) prepared.doubts.push_back(*options.csv + ": " + doubt);
  TM_TRY(auto requests, read_requests(options.requests, session.profile));
  prepared.requests = std::move(requests.requests);
  for (auto& notice : requests.notices) prepared.notices.push_back(std::move(notice));
  TM_TRY(const auto id,
         version_named("--achievement", options.achievement, session.profile.institution));
  TM_TRY(const auto expires, parse_last_day(options.expires, context.now_ms(), "--expires"));

  TM_TRY_STATUS(read_own_facts(session));
  TM_TRY(const auto achievement, issuable_achievement(session, id));
  TM_TRY(const auto alike, achievements_alike(session, id.number, terms_of(achievement).titles));
  for (const auto& other : alike) {
    prepared.doubts.push_back("achievement " + std::to_string(other.number) + "." +
                              std::to_string(other.version) + " has the same title as " +
                              std::to_string(id.number) + "." + std::to_string(id.version) +
                              ": is " + std::to_string(id.number) + " the one that is meant?");
  }
  TM_TRY(const auto indexes, asked(session.client.issuer_indexes(session.profile.institution)));
  if (!indexes.next_free || !indexes.as_of) {
    return Failure{ExitCode::kFailure,
                   "the node does not say which indexes are used, and as of when: ask another one "
                   "with --endpoint; "
                   "nothing was issued"};
  }
  prepared.next_free_on_ledger = *indexes.next_free;
  prepared.used_on_ledger = indexes.used;
  TM_TRY(prepared.ledger_ms, newest_block_ms(context, indexes.as_of->time_ms));
  TM_TRY_STATUS(check_clock(context, prepared.ledger_ms));
  const auto findings = check_awards(prepared.rows, terms_of(achievement),
                                     AwardCalendar{context.now_ms(), prepared.ledger_ms, expires});
  if (!findings.empty())
    return error(*options.csv + ": " + to_text(findings) + "\nnothing was issued");

  std::ranges::move(doubts_of_calendar(prepared.rows, context.now_ms(), expires),
                    std::back_inserter(prepared.doubts));

  auto& plan = prepared.plan;
  TM_TRY(plan.common, common_claims(achievement.answer.record));
  plan.chain = session.profile.chain;
  plan.issuer = session.profile.institution;
  plan.issuer_domain = session.profile.domain;
  plan.issuer_name = session.profile.name;
  plan.achievement = achievement.id;
  plan.issued_at_s = context.now_ms() / 1000;
  if (expires != 0) plan.expires_at_s = expires / 1000;
  return prepared;
}

// ---- who holds it already

// Awards of this achievement, in any version, that learners of the class hold by this home's
// registers, whose awards are `known`, and the ledger; without the one that the new award replaces.
// A learner is the same under a reference that is nearly the same: spreadsheets drop zeros.
Attempt<std::vector<AwardRecord>> held_already(IssuerSession& session, const IssuerKeys& vault,
                                               const std::vector<AwardRecord>& known,
                                               const Preparation& prepared,
                                               const std::optional<AwardRecord>& replaced) {
  std::set<std::string> students;
  std::set<std::string> keys;
  for (const auto& row : prepared.rows) {
    students.insert(row.student);
    keys.insert(reference_key(row.student));
  }
  std::set<std::string> close;
  for (const auto& award : known) {
    if (!students.contains(award.student) && keys.contains(reference_key(award.student)))
      close.insert(award.student);
  }
  const auto& achievement = prepared.plan.achievement;
  auto same = awards_beside(known, students, achievement, replaced);
  auto near = awards_beside(known, close, achievement, replaced);
  if (same.empty() && near.empty()) return same;

  TM_TRY(auto held, still_held(session.context, vault.register_identities, same));
  TM_TRY(near, still_held(session.context, vault.register_identities, near));
  std::ranges::move(by_near_reference(near, prepared.rows), std::back_inserter(held));
  return held;
}

// ---- preview

std::string learner_preview(const Award& award) {
  const auto view = read_credential(award.sd_jwt);
  if (!view.ok()) return {};
  std::string text = "the first of them, learner " + award.student + ":\n";
  for (const auto& [id, value] : view->disclosed) {
    const auto& kind = kind_of(id);
    text += "  " + std::string(kind.label) + "  " + to_display(kind, value) + "\n";
  }
  return text;
}

Json first_json(const Award& award) {
  Json claims = Json::object();
  if (const auto view = read_credential(award.sd_jwt); view.ok()) {
    for (const auto& [id, value] : view->disclosed)
      claims[std::string(kind_of(id).name)] =
          std::visit([](const auto& held) { return Json(held); }, value);
  }
  return Json{{"student", award.student}, {"states", std::move(claims)}};
}

// Whoever holds it by a batch that was stopped needs no second one.
std::string about_held(const std::vector<AwardRecord>& held) {
  std::set<std::string> unsent;
  for (const auto& award : held) {
    if (!award.committed) unsent.insert(award.batch);
  }
  std::string text;
  for (const auto& batch : unsent)
    text += "batch " + batch + " was stopped before it was sent: " + ways_of_unsent(batch) + ".\n";
  return text;
}

Description describe_batch(const Batch& batch, const Preparation& prepared,
                           const std::vector<AwardRecord>& held,
                           const std::vector<AwardChange>& changes,
                           std::vector<std::string> warnings) {
  const auto& plan = batch.plan;
  const auto count = batch.awards.size();

  const auto with_request = static_cast<std::size_t>(std::ranges::count_if(
      batch.awards, [](const auto& award) { return award.recipient.has_value(); }));

  Description description;
  description.text =
      plan.issuer_name + " issues " + std::to_string(count) +
      (count == 1 ? " credential" : " credentials") + " of \"" +
      std::get<std::string>(plan.common.at(ClaimId::kTitle)) + "\" (" + to_text(plan.achievement) +
      "): " + std::to_string(with_request) + " for wallets that asked, " +
      std::to_string(count - with_request) + " with claim codes.\n" +
      (plan.expires_at_s ? "Their last day: " + last_day_text(*plan.expires_at_s * 1000) + "."
                         : "They do not expire.") +
      " What is issued can be revoked, never taken back.";

  if (!changes.empty()) description.details = "it changes:\n" + to_text(changes);
  description.details += learner_preview(batch.awards.front());
  for (const auto& notice : prepared.notices) description.details += notice + "\n";
  description.warnings = std::move(warnings);

  if (!held.empty()) {
    description.warnings.push_back(
        std::to_string(held.size()) +
        " of these awards are held already by learners of this class:\n" + awards_text(held) +
        about_held(held));
  }

  Json list = Json::array();
  for (const auto& award : held) list.push_back(to_json(award));
  description.facts = Json{{"held_already", std::move(list)},
                           {"notices", prepared.notices},
                           {"warnings", description.warnings}};
  if (!changes.empty()) description.facts["changes"] = to_json(changes);

  return description;
}

Attempt<Batch> build(Context& context, Preparation& prepared, const SecretKey& credential_key) {
  TM_TRY(const auto first,
         or_exit(ExitCode::kFailure, next_index(context, prepared.next_free_on_ledger)));
  prepared.plan.first_index = IssuerIndex{first};
  prepared.plan.credential_key = key_id(KeyPurpose::kCredential, credential_key.public_key());
  Progress progress("signing credentials", prepared.rows.size(), context.quiet || context.json);
  auto batch = build_batch(prepared.plan, prepared.rows, prepared.requests, credential_key,
                           [&](std::size_t done, std::size_t) { progress.advance(done); });
  if (!batch.ok()) return Failure{ExitCode::kUsage, batch.message() + "; nothing was issued"};
  return std::move(batch).value();
}

// With nobody to ask, what falls away falls away only if somebody said so.
Attempt<void> refuse_dropped(const Context& context, const std::vector<AwardChange>& changes,
                             const IssueOptions& options) {
  const auto dropped = about_dropped(changes);
  if (dropped.empty() || *options.drop || *options.dry_run || (!context.yes && input_is_terminal()))
    return {};
  return Failure{ExitCode::kUsage, dropped +
                                       ". If they are to fall away, say --drop; nothing was "
                                       "issued"};
}

// What the new award says otherwise than the one whose place it takes; none where it takes none.
// Fails where it says the same: to supersede a good award for nothing is a slip.
Attempt<std::vector<AwardChange>> changes_of(const Context& context, const Batch& batch,
                                             const IssueOptions& options) {
  if (!options.replaces) return std::vector<AwardChange>{};
  const auto& old = *options.replaces;
  const auto& fresh = batch.awards.front();

  // Whoever finds a code can take what only one wallet could open. The option is read where it has
  // an effect.
  const bool was_locked = old.delivery == Delivery::kRequest;
  if (was_locked && !fresh.recipient && !*options.by_code) {
    return Failure{ExitCode::kUsage,
                   "the award of " + old.award.student + " in batch " + old.award.batch +
                       " is locked to the wallet that asked for it, and the new one would be "
                       "opened by a claim code. Let the learner ask again (testamur wallet "
                       "request) and give --requests DIR with that request, or say --by-code; "
                       "nothing was issued"};
  }

  auto changes = changes_between(old, fresh);
  if (!changes.empty()) {
    TM_TRY_STATUS(refuse_dropped(context, changes, options));
    return changes;
  }
  return Failure{ExitCode::kUsage,
                 *options.csv + " says the same as " + award_text(old.award) +
                     ", field by field: a new award would change nothing. If the claim file or "
                     "its code was lost: testamur issuer resend " +
                     typed_option("--student", old.award.student) + " --batch " + old.award.batch +
                     "; nothing was issued"};
}

// With nobody to ask, learners who hold the achievement already are no accident only if somebody
// said so.
Attempt<void> refuse_repeated(const Context& context, const std::vector<AwardRecord>& held,
                              bool again) {
  if (held.empty() || again || (!context.yes && input_is_terminal())) return {};

  Json list = Json::array();
  for (const auto& award : held) list.push_back(to_json(award));
  const bool any_sent = std::ranges::any_of(held, &AwardRecord::committed);

  return Failure{ExitCode::kUsage,
                 std::to_string(held.size()) +
                     " of these awards are held already by learners of this class:\n" +
                     awards_text(held) + about_held(held) + "nothing was issued." +
                     (any_sent ? " If they are to have it twice, give --again." : ""),
                 {},
                 {},
                 {},
                 Json{{"held_already", std::move(list)}}};
}

// Learners under somebody else's whole name are a column that was sorted by itself. What is issued
// cannot be taken back, so that with nobody to ask it is refused.
Attempt<void> refuse_strangers(const Context& context, const OtherNames& others,
                               const IssueOptions& options) {
  if (others.strangers == 0 || *options.dry_run || (!context.yes && input_is_terminal())) return {};
  std::string text;
  for (const auto& each : others.sentences) text += each + "\n";
  return Failure{ExitCode::kUsage,
                 text + "neither given nor family name is the register's for " +
                     std::to_string(others.strangers) +
                     (others.strangers == 1 ? " learner" : " learners") +
                     ". Nothing was issued. If it is right, leave --yes out and answer the "
                     "question"};
}

// The same of places that another home has used, or this one has lost: whether the class was issued
// there, only a person knows. Whoever replaces one award issues to nobody anew.
Attempt<void> refuse_elsewhere(const Context& context, const IssuedElsewhere& elsewhere,
                               const IssueOptions& options) {
  // Who says so again, of places that are known already, has answered.
  const bool is_answered = !elsewhere.places.empty() && *options.issued_elsewhere;
  if (elsewhere.unknown == 0 || is_answered || *options.dry_run ||
      (!context.yes && input_is_terminal()))
    return {};
  return Failure{ExitCode::kUsage,
                 elsewhere.warning +
                     ". Nothing was issued. Where another home of the institution issues, look "
                     "there whether this class was issued; then say --issued-elsewhere, or leave "
                     "--yes out and answer the question",
                 {},
                 {},
                 {},
                 Json{{"places_elsewhere", count_of(elsewhere.places)}}};
}

// What the dry run lets pass and the command itself does not.
std::string about_dry_run(const IssuedElsewhere& elsewhere, const IssueOptions& options) {
  if (!*options.dry_run || options.replaces || elsewhere.unknown == 0 || *options.issued_elsewhere)
    return {};
  return ". Without --dry-run this is asked, and with --yes the command is refused unless "
         "--issued-elsewhere says that it is known";
}

// The values of another learner, pasted into the row of this one: what is issued cannot be taken
// back, so that with nobody to ask it is refused.
Attempt<std::vector<std::string>> check_learner(const Context& context, const IssuerKeys& vault,
                                                const std::vector<AwardChange>& changes,
                                                const Preparation& prepared,
                                                const IssueOptions& options) {
  if (!options.replaces) return std::vector<std::string>{};
  TM_TRY(auto doubt,
         about_namesake(context, vault, options.replaces->award, prepared.rows.front()));
  if (doubt.empty()) doubt = about_other_person(changes);
  const bool is_asked = !context.yes && input_is_terminal();
  if (doubt.empty()) return std::vector<std::string>{};
  if (*options.dry_run || is_asked) return std::vector<std::string>{std::move(doubt)};
  return Failure{ExitCode::kUsage, doubt +
                                       " Nothing was issued. If it is right, leave --yes out "
                                       "and answer the question"};
}

// Reserves the indexes and writes the folder. A crash or a failure in between leaves no batch.
Attempt<BatchFolder> begin_batch(const Context& context, const std::string& name, Batch batch,
                                 const age::Recipient& recipient) {
  const auto begin = [&]() -> Result<BatchFolder> {
    TM_TRY_STATUS(
        reserve_indexes(context, name, batch.plan.first_index.value, batch.commitments.size()));
    return BatchFolder::create(batch_path(context, name), std::move(batch), recipient);
  };
  auto folder = begin();
  if (folder.ok()) return std::move(folder).value();
  return Failure{ExitCode::kFailure, folder.message() + about_full_disk(context, folder.message()) +
                                         "\n  nothing was sent, and no index is used up: give the "
                                         "command again"};
}

Attempt<void> check_new_name(const Context& context, const std::string& name) {
  if (name.empty()) return {};
  TM_TRY_STATUS(check_batch_name(name));
  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  if (std::ranges::find(names, name) == names.end()) return {};
  return Failure{ExitCode::kUsage, "--name: this home has a batch " + name +
                                       " already: give another name. Of one that was stopped, " +
                                       ways_of_unsent(name) + "; nothing was issued"};
}

}  // namespace

Result<ClassListReading> reading_of(const IssueOptions& options) {
  ClassListReading reading;

  reading.csv.find_separator = true;

  for (const auto& typed : *options.map) {
    TM_TRY(auto pair, parse_column_map(typed));
    reading.columns.push_back(std::move(pair));
  }

  TM_TRY_STATUS(check_date_form(options.date_form));
  reading.date_form = options.date_form;

  const std::string encoding = options.encoding;
  if (!encoding.empty() && encoding != "utf-8" && encoding != "windows-1252")
    return error("--encoding: " + in_quotes(encoding) + " is not known: utf-8 or windows-1252");

  reading.csv.windows_1252 = encoding == "windows-1252";
  return reading;
}

Outcome issue_batch(Context& context, const IssueOptions& options) {
  const std::string name = options.name;
  const bool again = options.again;
  const bool dry_run = options.dry_run;
  TM_TRY_STATUS(hold_home(context, "issuer batch issue"));
  TM_TRY_STATUS(check_new_name(context, name));
  TM_TRY(auto session, open_issuer_session(context));
  TM_TRY(auto prepared, prepare(session, options));
  if (options.replaces)
    prepared.notices.push_back("it takes the place of " + award_text(options.replaces->award));
  TM_TRY(const auto credential_keys,
         open_signing_keys(context, session.client, KeyPurpose::kCredential));
  TM_TRY(const auto issue_keys, open_signing_keys(context, session.client, KeyPurpose::kIssue));
  const auto replaced = options.replaces ? std::optional(options.replaces->award) : std::nullopt;
  TM_TRY(const auto known, registered_awards(context, issue_keys.keys.register_identities));
  TM_TRY(const auto held, held_already(session, issue_keys.keys, known, prepared, replaced));
  TM_TRY_STATUS(refuse_repeated(context, held, again));
  auto warnings = near_references(known, prepared.rows, held);
  std::ranges::copy(prepared.doubts, std::back_inserter(warnings));
  TM_TRY_STATUS(expect_near(context, prepared.next_free_on_ledger));
  TM_TRY(const auto elsewhere, issued_elsewhere(context, issue_keys.keys, prepared.used_on_ledger));
  if (!replaced) TM_TRY_STATUS(refuse_elsewhere(context, elsewhere, options));
  if (!elsewhere.warning.empty())
    warnings.push_back(elsewhere.warning + about_dry_run(elsewhere, options));
  if (!replaced) {
    TM_TRY(auto others, other_names(context, issue_keys.keys, known, prepared.rows));
    TM_TRY_STATUS(refuse_strangers(context, others, options));
    std::ranges::move(others.sentences, std::back_inserter(warnings));
  }

  TM_TRY(auto batch, build(context, prepared, credential_keys.key()));
  const auto issue_key = key_id(KeyPurpose::kIssue, issue_keys.key().public_key());
  const auto as_if_ms = std::max(context.now_ms(), prepared.ledger_ms);
  TM_TRY_STATUS(verify_batch(session.client, batch, issue_key, as_if_ms));
  TM_TRY(const auto changes, changes_of(context, batch, options));
  if (const auto dropped = about_dropped(changes); !dropped.empty()) warnings.push_back(dropped);
  TM_TRY(const auto others, check_learner(context, issue_keys.keys, changes, prepared, options));
  std::ranges::copy(others, std::back_inserter(warnings));
  const auto description = describe_batch(batch, prepared, held, changes, std::move(warnings));
  if (dry_run) {
    Json json = description.facts;
    json.update({{"dry_run", true},
                 {"count", batch.awards.size()},
                 {"says", description.text},
                 {"first", first_json(batch.awards.front())}});
    std::string text = description.text + "\n" + description.details;
    for (const auto& warning : description.warnings)
      text += toned(Tone::kDoubt, "Warning: ") + warning + "\n";
    return Reply{std::move(json), text + "nothing was issued\n"};
  }
  TM_TRY_STATUS(confirm_description(context, description, "Issue them?", "issued"));

  if (elsewhere.unknown != 0 && !replaced)
    TM_TRY_STATUS(or_exit(ExitCode::kFailure, note_places_elsewhere(context, elsewhere.places)));

  // From here on it lasts: the indexes are this batch's, whatever becomes of it.
  const std::string folder_name = name.empty() ? batch.id : name;
  if (replaced)
    TM_TRY_STATUS(
        note_correction(context, {folder_name, replaced->batch, replaced->indexes.front().value}));
  TM_TRY(auto folder, begin_batch(context, folder_name, std::move(batch),
                                  issue_keys.keys.register_identities.front().recipient()));
  const auto issued = finish_batch(context, session.client, folder, issue_keys.key(), description);
  if (issued.reply() == nullptr || changes.empty()) return issued;
  return Reply{issued.reply()->json, issued.reply()->text + "  changed:\n" + to_text(changes)};
}

void add_reading_options(Command command, IssueOptions& options) {
  option(command, "--map", options.map,
         "A column of the list by our name: \"Matrikelnummer=student\", or \"Remarks=-\" to leave "
         "it out; repeatable")
      .allow_extra_args(false);
  option(command, "--date-format", options.date_form,
         "How the list writes days: DD.MM.YYYY (default YYYY-MM-DD)");
  option(command, "--encoding", options.encoding, "Of the list: utf-8 (default) or windows-1252");
}

// ---- afterwards

namespace {

struct BatchOptions {
  Given<std::string> name;
  Given<std::string> student;
};

// A purge leaves the key of such a credential in its claim file alone: what is lost with it is
// replaced, and not written again.
Attempt<void> refuse_lost_files(BatchFolder& folder, const std::string& name) {
  const auto lost = lost_for_good(folder);
  if (lost.empty() || !folder.batch().committed) return {};
  for (const auto& award : folder.batch().awards) {
    if (award.recipient)
      TM_TRY_STATUS(or_exit(ExitCode::kFailure, folder.deliver_one(award.student)));
  }
  return Failure{ExitCode::kFailure,
                 "the batch " + name + " was purged, and the claim files of " + first_of(lost) +
                     " are missing or damaged in " + folder.path() +
                     "/claims: they cannot be written again. Whoever has not got one gets a new "
                     "award in its place: testamur issuer correct --student REFERENCE --batch " +
                     name + " --csv FILE"};
}

// Between the ledger and the claim files somebody may have changed statuses, in this home or in
// another one.
Attempt<std::string> no_longer_in_force(Context& context, std::span<const age::Identity> identities,
                                        const std::string& name) {
  TM_TRY(auto batch, read_batch(context, identities, name));
  if (!add_statuses(context, std::span(&batch, 1)).asked) return std::string{};
  std::vector<std::string> over;
  for (const auto& award : batch.awards) {
    if (is_not_in_force(award)) over.push_back(award.award.student + " (" + award.status + ")");
  }
  if (over.empty()) return std::string{};
  return toned(Tone::kDoubt, std::to_string(over.size()) + " of them no longer in force: " +
                                 first_of(over) + ". Do not hand out their claim files") +
         "\n";
}

Outcome resume(Context& context, const BatchOptions& options) {
  TM_TRY_STATUS(hold_home(context, "issuer batch resume"));
  Client client = context.client();
  TM_TRY(auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(const auto name, batch_named(context, options.name));
  TM_TRY(auto folder, open_batch(context, name, vault.register_identities));
  // What is on the ledger needs no key that is in use there.
  SigningKeys issue_keys{std::move(vault), 0};
  if (!folder.batch().committed) {
    TM_TRY(issue_keys, open_signing_keys(context, client, KeyPurpose::kIssue));
  }
  TM_TRY_STATUS(refuse_lost_files(folder, name));
  const bool was_finished = folder.batch().committed && all_delivered(folder);
  const auto issued = finish_batch(context, client, folder, issue_keys.key(), {});
  if (issued.reply() == nullptr) return issued;
  TM_TRY(const auto over, no_longer_in_force(context, issue_keys.keys.register_identities, name));
  Json json = issued.reply()->json;
  json["already"] = was_finished;
  TM_TRY(const auto unfinished, open_corrections(context));
  std::string open;
  for (const auto& each : unfinished) {
    if (each.batch == name) open = to_text(each) + "\n";
  }
  return Reply{std::move(json),
               (was_finished ? name + " was finished already, and nothing was done:\n" : "") +
                   issued.reply()->text + over + open};
}

// Only where it is certain that nothing of it is on the ledger or on its way.
Outcome discard(Context& context, const BatchOptions& options) {
  TM_TRY_STATUS(hold_home(context, "issuer batch discard"));

  const std::string name = options.name;
  Client client = context.client();
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(const auto folder, open_batch(context, name, vault.register_identities));
  TM_TRY_STATUS(expect_never_sent(context, client, folder, name));

  const Batch& batch = folder.batch();
  const auto first = batch.plan.first_index.value;
  const auto last = first + batch.commitments.size() - 1;
  const std::string indexes = "indexes " + std::to_string(first) + " to " + std::to_string(last);
  TM_TRY_STATUS(confirm_description(
      context,
      {"Batch " + name + " with its " + std::to_string(batch.awards.size()) +
           " awards is given up: credentials and claim codes are erased. Nothing of it is on the "
           "ledger.\nThis cannot be undone.",
       {},
       {},
       {}},
      "Discard it?", "discarded"));
  TM_TRY_STATUS(or_exit(ExitCode::kFailure, remove_batch(context, folder)));
  forget_correction(context, name);

  TM_TRY(const auto next, or_exit(ExitCode::kFailure, next_index(context, 1)));
  const bool free = next <= first;
  return Reply{Json{{"discarded", name}, {"first_index", first}, {"indexes_free", free}},
               "discarded " + name + "; " + indexes +
                   (free ? " are free again\n"
                         : " stay unused, since a later batch has those behind them\n")};
}

// Whether a purge would find nothing to forget.
bool is_purged(const BatchFolder& folder) {
  const bool holds_secrets = std::ranges::any_of(folder.batch().awards, [](const auto& award) {
    return !award.claim_code.empty() || !award.holder_secret.empty();
  });
  return !holds_secrets && !is_there(folder.path() + "/codes.age");
}

// After the purge none of them can be written again: that they were sent, only a person knows.
Attempt<std::vector<std::string>> files_gone(const Context& context, const BatchFolder& folder,
                                             const std::string& name) {
  const std::string cure = "testamur issuer batch resume " + name + " writes them again";
  auto students = students_by_claim_file(folder);
  const auto& damaged = students[ClaimFileState::kDamaged];
  if (!damaged.empty()) {
    return Failure{ExitCode::kFailure,
                   std::to_string(damaged.size()) +
                       (damaged.size() == 1 ? " claim file is" : " claim files are") +
                       " damaged in " + folder.path() +
                       "/claims (empty, cut short, changed or "
                       "another learner's), of " +
                       first_of(damaged) + ": " + cure + "; nothing was forgotten"};
  }
  const auto& gone = students[ClaimFileState::kMissing];
  if (gone.empty()) return gone;
  const std::string what = std::to_string(gone.size()) +
                           (gone.size() == 1 ? " claim file is" : " claim files are") + " not in " +
                           folder.path() + "/claims any more, of " + first_of(gone);
  if (!context.yes && input_is_terminal())
    return std::vector<std::string>{what + ": if one was not sent, " + cure};
  return Failure{ExitCode::kUsage, what + "; " + cure +
                                       ". If they were sent, leave --yes out and answer the "
                                       "question; nothing was forgotten"};
}

Outcome purge(Context& context, const BatchOptions& options) {
  TM_TRY_STATUS(hold_home(context, "issuer batch purge"));

  const std::string name = options.name;
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(auto folder, open_batch(context, name, vault.register_identities));
  // The claim files are made from what is forgotten here.
  if (!folder.batch().delivered) {
    TM_TRY_STATUS(expect_sent(folder.batch().committed, name));
    return Failure{ExitCode::kFailure,
                   "the claim files of " + name +
                       " were not all written yet: testamur issuer batch resume " + name};
  }
  if (is_purged(folder)) {
    return Reply{
        Json{{"purged", name}, {"already", true}},
        "the holder keys and claim codes of " + name + " are forgotten already; nothing was done\n",
        ExitCode::kOk, true};
  }
  TM_TRY(auto warnings, files_gone(context, folder, name));

  TM_TRY_STATUS(confirm_description(
      context,
      {"The holder keys and claim codes of the " + std::to_string(folder.batch().awards.size()) +
           " awards of batch " + name +
           " are forgotten; the claim files must have been delivered.\nThis cannot be undone.",
       {},
       std::move(warnings),
       {}},
      "Forget them?", "forgotten"));

  TM_TRY_STATUS(or_exit(ExitCode::kFailure, folder.purge()));

  return Reply{Json{{"purged", name}, {"already", false}},
               "forgot the holder keys and claim codes of " + name + "; the register stays\n"};
}

// What is left of an erased award, and how it can still be revoked: no register finds it any more.
std::string about_erased(const OneAward& found, const IssuerProfile& profile) {
  const auto& award = found.award;
  if (!award.award.committed) {
    return "nothing of it is known to be on the ledger; its place in batch " + award.award.batch +
           " will be nobody's";
  }
  const std::string kept =
      "; the ledger keeps 32 bytes that mean nothing without the salt, copies elsewhere stay";
  if (award.on_ledger == "revoked" || award.on_ledger == "superseded")
    return "it is " + award.on_ledger + ", for good" + kept;

  const auto& index = award.award.indexes.front();
  const std::string how =
      ". Revoke it before, or afterwards by its index alone: testamur issuer "
      "status revoke --index " +
      std::to_string(index.value) + " (with --yes: --not-in-register; " +
      to_text(make_reference(profile.chain, profile.institution, index)) + ")";
  if (!found.source.asked)
    return "whether it is in force was not asked (" + found.source.text + ")" + how + kept;
  return (award.on_ledger == "valid"
              ? std::string("it stays in force on the ledger, whatever is erased here")
              : "it stays " + award.on_ledger + " on the ledger") +
         how + kept;
}

Outcome erase(Context& context, const BatchOptions& options) {
  TM_TRY_STATUS(hold_home(context, "issuer erase"));

  const std::string name = options.name;
  const std::string student = canonical_reference(*options.student);

  TM_TRY(const auto profile, or_exit(ExitCode::kFailure, stored_profile(context)));
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(auto folder, open_batch(context, name, vault.register_identities));
  TM_TRY(const auto known, registered_awards(context, vault.register_identities));
  TM_TRY(const auto batches, or_exit(ExitCode::kFailure, batch_names(context)));
  TM_TRY(const auto selection, select_awards(known, batches, {{student, {}, name, ""}}, false));
  TM_TRY(const auto found, read_one_award(context, vault.register_identities, name, student));

  // Read before it is erased, so that the answer can name the award.
  const auto text = "  " + award_text(found.award.award) + "\n";
  const auto left = about_erased(found, profile);
  auto warnings = selection.close;
  warnings.push_back(left);
  TM_TRY_STATUS(confirm_description(
      context,
      {"All that this office holds of this award is erased. This cannot be undone.",
       text,
       std::move(warnings),
       {}},
      "Erase it?", "erased"));

  TM_TRY_STATUS(or_exit(ExitCode::kFailure, folder.erase(student)));
  return Reply{Json{{"erased", student},
                    {"awards", Json::array({to_json(found.award.award)})},
                    {"status", found.award.status},
                    {"left", left}},
               "erased " + student + ":\n" + text + left + "\n"};
}

}  // namespace

void add_batch_commands(Command issuer, Context& context, Run& run) {
  auto batch = issuer.add_subcommand("batch", "Issue to a whole class");
  batch.require_subcommand(1);
  add_batch_register_commands(batch, context, run);
  add_class_template_command(batch, context, run);
  add_register_commands(issuer, context, run);
  add_correction_commands(issuer, context, run);
  auto options = std::make_shared<IssueOptions>();
  auto issuing = batch.add_subcommand(
      "issue", "One credential a row of a class list; writes claim files and codes");
  option(issuing, "--csv", options->csv,
         "Class list: a column student, and claims by name (docs/cli.md)")
      .required();
  option(issuing, "--achievement", options->achievement,
         "<number>.<version>, or <institution>/<number>.<version>")
      .required();
  option(issuing, "--requests", options->requests, "Directory of wallet requests");
  option(issuing, "--name", options->name, "Name of the batch's folder (default: its id)");
  option(issuing, "--expires", options->expires,
         "Last day of the credentials' validity, YYYY-MM-DD (default: open)");
  add_reading_options(issuing, *options);
  flag(issuing, "--again", options->again, "Also to learners who hold this achievement already");
  flag(issuing, "--issued-elsewhere", options->issued_elsewhere,
       "The institution has used places on the ledger that no register of this home has, and it is "
       "known by whom");
  flag(issuing, "--dry-run", options->dry_run,
       "Check everything and say what would be issued; issue nothing");
  issuing.callback([&context, &run, options] {
    run = [&context, options] { return issue_batch(context, *options); };
  });

  auto named = std::make_shared<BatchOptions>();
  const auto add = [&](const char* verb, const char* about,
                       Outcome (*act)(Context&, const BatchOptions&)) {
    auto command = batch.add_subcommand(verb, about);
    option(command, "name", named->name, "Name of the batch's folder").required();
    command.callback([&context, &run, named, act] {
      run = [&context, named, act] { return act(context, *named); };
    });
  };
  add("resume", "Go on with a batch that was interrupted: the same bytes, the missing files",
      resume);
  add("discard", "Give up a batch that was stopped, where nothing of it is on the ledger", discard);
  add("purge", "Forget holder keys and claim codes once the files were delivered", purge);
  auto erasing =
      issuer.add_subcommand("erase", "Erase what this office holds of one learner in one batch");
  option(erasing, "--batch", named->name, "Name of the batch's folder").required();
  option(erasing, "--student", named->student, "The learner's reference").required();
  erasing.callback(
      [&context, &run, named] { run = [&context, named] { return erase(context, *named); }; });
}

}  // namespace testamur::wallet
