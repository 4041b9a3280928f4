// issuer list, issuer show, issuer batch list, issuer batch codes: the register of this office to
// look at. All of it comes from this home's encrypted files; a node is asked for statuses only, and
// where none answers they are left open.
#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>

#include "common/typed_word.h"
#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/awards/corrections.h"
#include "wallet/cli/flow/awards/places_elsewhere.h"
#include "wallet/cli/flow/awards/replacements.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/joined.h"
#include "wallet/cli/option.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/credential.h"
#include "wallet/credential/csv_line.h"
#include "wallet/keystore/file.h"

namespace testamur::wallet {
namespace {

struct ListOptions {
  Given<std::string> batch;
  Given<std::string> achievement;
  Given<std::string> status;
  Given<std::string> student;
};

struct Register {
  std::vector<RegisteredBatch> batches;
  StatusSource source;
  Coverage coverage;  // of all batches
};

Attempt<Register> read_register(Context& context, const std::string& batch) {
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  Register read;
  TM_TRY(read.batches, read_batches(context, vault.register_identities, batch));
  read.source = add_statuses(context, read.batches);
  if (read.source.asked && batch.empty())
    read.coverage = coverage_of(context, vault.register_identities);
  return read;
}

Attempt<AwardFilter> read_filter(const Context& context, const ListOptions& options) {
  AwardFilter filter;
  filter.student = canonical_reference(*options.student);
  filter.status = options.status;

  const auto known = status_names();
  if (!filter.status.empty() && std::ranges::find(known, filter.status) == known.end()) {
    return error("--status: " + in_quotes(filter.status) + " is no status: " + joined(known));
  }

  if (options.achievement->empty()) return filter;
  TM_TRY(const auto profile, or_exit(ExitCode::kFailure, stored_profile(context)));
  TM_TRY(filter.achievement, achievement_named(options.achievement, profile.institution));
  return filter;
}

std::vector<const RegisteredAward*> chosen(const std::vector<RegisteredBatch>& batches,
                                           const AwardFilter& filter) {
  std::vector<const RegisteredAward*> awards;
  for (const auto& batch : batches) {
    for (const auto& award : batch.awards) {
      if (fits(award, filter)) awards.push_back(&award);
    }
  }
  return awards;
}

std::string award_line(const RegisteredAward& award) {
  return one_line(award.award.student) + "  " + one_line(award.name) + "  " +
         one_line(award.title) + " (" + std::to_string(award.award.achievement.number) + "." +
         std::to_string(award.award.achievement.version) + "), " + award_day(award.award) +
         "  batch " + award.award.batch + "  " + std::string(to_text(award.delivery)) + "  " +
         award.status + "\n";
}

Json list_json(const std::vector<const RegisteredAward*>& awards, const Register& read) {
  Json list = Json::array();
  for (const auto* award : awards) list.push_back(to_json(*award));
  return Json{{"awards", std::move(list)},
              {"count", awards.size()},
              {"status_asked", read.source.asked},
              {"places_elsewhere", read.coverage.elsewhere}};
}

std::string source_line(const Register& read) {
  const auto& [elsewhere, coverage] = read.coverage;
  return (read.source.text.empty() ? "" : read.source.text + "\n") +
         (elsewhere == 0 ? "" : coverage + "\n");
}

// The same sentence as that of the commands that change a status: it names learners of nearly the
// same reference.
Attempt<void> expect_learner(const Context& context, const Register& read,
                             const std::string& student, const std::string& batch) {
  std::vector<AwardRecord> all;
  for (const auto* award : chosen(read.batches, {})) all.push_back(award->award);
  TM_TRY(const auto names, or_exit(ExitCode::kFailure, batch_names(context)));
  const auto of_batch = batch.empty() ? std::nullopt : std::optional(batch);
  TM_TRY_STATUS(select_awards(all, names,
                              {{student, {}, of_batch, typed_option("--student", student)}}, true));
  return {};
}

// An achievement of which nobody has an award may be one that there is not.
Attempt<std::string> about_achievement(Context& context, const Register& read,
                                       const AwardFilter& filter) {
  AwardFilter alone;
  alone.achievement = filter.achievement;
  if (!filter.achievement || !chosen(read.batches, alone).empty()) return std::string{};
  const auto& id = *filter.achievement;
  const std::string name = id.version == 0 ? "number " + std::to_string(id.number) : to_text(id);
  Client client = context.client();
  const auto known = asked(client.achievement(id));
  if (known.ok()) return std::string{};
  if (known.failure().exit != ExitCode::kUnknown)
    return "whether there is an achievement " + name + " was not asked: " + known.message() + "\n";
  return Failure{ExitCode::kUnknown,
                 "--achievement: no register of this home has an award of " + name +
                     ", and the ledger has no such achievement: testamur registry achievements " +
                     to_text(id.institution) + " lists them"};
}

Outcome list(Context& context, const ListOptions& options) {
  TM_TRY(const auto filter, read_filter(context, options));
  TM_TRY(const auto batch, batch_named(context, options.batch));
  TM_TRY(const auto read, read_register(context, batch));
  if (!filter.student.empty()) {
    TM_TRY_STATUS(expect_learner(context, read, filter.student, batch));
  }
  TM_TRY(const auto unasked, about_achievement(context, read, filter));

  // Without the ledger's word nobody can be chosen by it.
  if (!filter.status.empty() && filter.status != "not_sent" && !read.source.asked)
    return Failure{read.source.exit, "--status needs a node: " + read.source.text};
  const auto awards = chosen(read.batches, filter);
  std::string text;
  for (const auto* award : awards) text += award_line(*award);
  text += std::to_string(awards.size()) + (awards.size() == 1 ? " award" : " awards") +
          (awards.empty() ? "" : ": " + counts_text(awards, read.source.asked)) + "\n" + unasked +
          source_line(read);
  return Reply{list_json(awards, read), std::move(text)};
}

// What one learner has, and which award took the place of which: by the notes of the corrections
// made here, else as a guess.
struct LearnersAwards {
  std::vector<const RegisteredAward*> awards;
  std::map<std::size_t, std::size_t> replaced_by;
  std::map<std::size_t, std::size_t> perhaps_replaced_by;
};

// Batches take their indexes in the order in which they are issued.
std::uint64_t first_index_of(const std::vector<RegisteredBatch>& batches, const std::string& name) {
  const auto found = std::ranges::find(batches, name, &RegisteredBatch::name);
  return found == batches.end() ? 0 : found->first_index + 1;
}

LearnersAwards with_replacements(const std::vector<RegisteredBatch>& batches,
                                 const std::vector<Correction>& noted,
                                 std::vector<const RegisteredAward*> awards) {
  std::vector<PlacedAward> placed;
  for (const auto* each : awards) {
    placed.push_back({each->award.student, each->award.achievement,
                      each->award.indexes.front().value, each->on_ledger == "superseded",
                      first_index_of(batches, each->award.batch), each->on_ledger == "revoked"});
  }
  LearnersAwards learner{std::move(awards), {}, replacements(placed)};

  const auto& all = learner.awards;
  for (std::size_t old = 0; old < all.size(); ++old) {
    const auto note = std::ranges::find_if(
        noted, [&](const Correction& each) { return is_its(each, all[old]->award); });
    if (note == noted.end() || all[old]->on_ledger != "superseded") continue;
    // The only award of its batch. One that was never sent, or was taken back, took no place.
    const auto fresh = std::ranges::find_if(all, [&](const RegisteredAward* each) {
      return each->award.batch == note->batch && !each->on_ledger.empty() &&
             each->on_ledger != "not_listed" && each->on_ledger != "revoked";
    });
    if (fresh == all.end()) continue;
    learner.perhaps_replaced_by.erase(old);
    learner.replaced_by.emplace(old, static_cast<std::size_t>(fresh - all.begin()));
  }
  return learner;
}

std::string named_award(const RegisteredAward& award) {
  const auto& date = award.award.date;
  return (date.empty() ? "that with " + award_day(award.award) : "that of " + date) + ", batch " +
         award.award.batch + " (index " + std::to_string(award.award.indexes.front().value) + ")";
}

std::string replacement_text(const LearnersAwards& learner, std::size_t place) {
  std::string text;
  const auto& awards = learner.awards;
  const auto perhaps = learner.perhaps_replaced_by.find(place);
  if (const auto fresh = learner.replaced_by.find(place); fresh != learner.replaced_by.end())
    text += "  replaced by  " + named_award(*awards[fresh->second]) + "\n";
  else if (perhaps != learner.perhaps_replaced_by.end())
    text += "  replaced by  perhaps " + named_award(*awards[perhaps->second]) +
            ": no correction of this home says it\n";
  else if (awards[place]->on_ledger == "superseded")
    text += "  replaced by  another award: no correction of this home says which\n";
  for (const auto& [old, fresh] : learner.replaced_by) {
    if (fresh == place) text += "  replaces     " + named_award(*awards[old]) + "\n";
  }
  return text;
}

void add_replacements(const LearnersAwards& learner, Json& list) {
  const auto named = [&](std::size_t place) {
    const auto& award = learner.awards[place]->award;
    return Json{{"batch", award.batch}, {"index", award.indexes.front().value}};
  };
  for (const auto& [old, fresh] : learner.replaced_by) {
    list[old]["replaced_by"] = named(fresh);
    list[fresh]["replaces"] = named(old);
  }
  for (const auto& [old, fresh] : learner.perhaps_replaced_by)
    list[old]["perhaps_replaced_by"] = named(fresh);
}

// `learner`: the name that stands above; an award that was made out to another says so.
std::string award_details(const RegisteredAward& award, const std::string& learner,
                          const IssuerProfile& profile) {
  std::string text =
      one_line(award.title) + ", " + award_day(award.award) + ": " + award.status + "\n" +
      (award.name == learner ? "" : "  made out to  " + one_line(award.name) + "\n") +
      "  achievement  " + to_text(award.award.achievement) + "\n" + "  batch        " +
      award.award.batch + "\n";

  for (const auto& index : award.award.indexes)
    text += "  reference    " + to_text(make_reference(profile.chain, profile.institution, index)) +
            "\n";

  switch (award.delivery) {
    case Delivery::kRequest:
      text += "  delivery     sealed to the wallet that asked for it, no code\n";
      break;
    case Delivery::kCode:
      text +=
          "  delivery     by claim code (testamur issuer batch codes " + award.award.batch + ")\n";
      break;
    case Delivery::kPurged:
      text +=
          "  delivery     by claim code, which was purged: a lost file is replaced by a new "
          "award\n";
      break;
  }

  const auto state = award.file_state;
  return text + "  claim file   " + award.claim_file +
         (state == ClaimFileState::kMissing   ? " (not there)"
          : state == ClaimFileState::kDamaged ? " (damaged)"
                                              : "") +
         "\n";
}

Outcome show(Context& context, const ListOptions& options) {
  const std::string student = canonical_reference(*options.student);
  TM_TRY(const auto profile, or_exit(ExitCode::kFailure, stored_profile(context)));
  TM_TRY(const auto read, read_register(context, ""));
  AwardFilter filter;
  filter.student = student;
  TM_TRY_STATUS(expect_learner(context, read, student, ""));
  const auto awards = chosen(read.batches, filter);
  std::string text = one_line(student) +
                     (awards.back()->name.empty() ? "" : ", " + one_line(awards.back()->name)) +
                     ": " + std::to_string(awards.size()) +
                     (awards.size() == 1 ? " award\n" : " awards\n");
  TM_TRY(const auto noted, corrections(context));
  const auto learner = with_replacements(read.batches, noted, awards);
  for (std::size_t i = 0; i < awards.size(); ++i)
    text += award_details(*awards[i], awards.back()->name, profile) + replacement_text(learner, i);
  Json json = list_json(awards, read);
  add_replacements(learner, json["awards"]);
  return Reply{std::move(json), text + source_line(read)};
}

std::vector<std::string> with_file(const RegisteredBatch& batch, ClaimFileState state) {
  std::vector<std::string> students;
  for (const auto& award : batch.awards) {
    if (award.file_state == state) students.push_back(in_quotes(award.award.student));
  }
  return students;
}

// The claim files of a batch that are not as they were written. Of a batch that was purged they may
// have been put away.
std::string about_files(const RegisteredBatch& batch) {
  const bool is_purged = std::ranges::any_of(
      batch.awards, [](const auto& award) { return award.delivery == Delivery::kPurged; });
  if (!batch.committed || is_purged) return {};
  const auto missing = with_file(batch, ClaimFileState::kMissing);
  const auto damaged = with_file(batch, ClaimFileState::kDamaged);
  if (missing.empty() && damaged.empty()) return {};
  const auto named = [](const char* what, const std::vector<std::string>& students) {
    return students.empty()
               ? std::string{}
               : std::to_string(students.size()) + " " + what + " (" + first_of(students) + ")";
  };
  return "claim files: " + named("missing", missing) +
         (missing.empty() || damaged.empty() ? "" : ", ") + named("damaged", damaged) +
         ": testamur issuer batch resume " + batch.name + " writes them again\n";
}

// What can be done with one that was not sent.
std::string about_unsent(Context& context, const RegisteredBatch& batch, bool asked) {
  if (!asked || !batch.unsent) return ways_of_unsent(batch.name);
  Client client = context.client();
  return ways_of_unsent(client, *batch.unsent, batch.name);
}

Outcome list_batches(Context& context) {
  TM_TRY(const auto read, read_register(context, ""));

  Json all = Json::array();
  std::string text;

  for (const auto& batch : read.batches) {
    std::vector<const RegisteredAward*> awards;
    for (const auto& award : batch.awards) awards.push_back(&award);
    std::map<std::string, std::size_t> statuses;
    for (const auto* award : awards) ++statuses[award->status];

    const std::string state =
        !batch.committed ? "not sent yet (" + about_unsent(context, batch, read.source.asked) + ")"
        : !batch.delivered
            ? "claim files are missing (testamur issuer batch resume " + batch.name + ")"
            : "issued";

    text += batch.name + "  " + one_line(batch.title) + " (" +
            std::to_string(batch.achievement.number) + "." +
            std::to_string(batch.achievement.version) + "), " +
            date_text(batch.issued_at_s * 1000) + ", " + state + "\n  " +
            std::to_string(awards.size()) + (awards.size() == 1 ? " award: " : " awards: ") +
            counts_text(awards, read.source.asked) + "\n";
    if (const auto files = about_files(batch); batch.delivered && !files.empty())
      text += "  " + files;

    all.push_back(Json{{"batch", batch.name},
                       {"achievement", to_text(batch.achievement)},
                       {"title", batch.title},
                       {"issued_at_ms", batch.issued_at_s * 1000},
                       {"committed", batch.committed},
                       {"delivered", batch.delivered},
                       {"files_missing", with_file(batch, ClaimFileState::kMissing).size()},
                       {"files_damaged", with_file(batch, ClaimFileState::kDamaged).size()},
                       {"awards", awards.size()},
                       {"statuses", statuses},
                       {"first_index", batch.first_index},
                       {"slots", batch.slots}});
  }

  if (read.batches.empty())
    text = "no batch was issued from this home: testamur issuer batch issue\n";

  return Reply{Json{{"batches", std::move(all)}, {"status_asked", read.source.asked}},
               text + source_line(read)};
}

// ---- codes

struct CodesOptions {
  Given<std::string> name;
  Given<std::string> csv;
};

struct CodeList {
  Json json = Json::array();
  std::string text;
  std::string table;
};

// Everybody of the batch, those with a request of their own too: a mail merge has a row for each.
CodeList list_codes(const RegisteredBatch& batch,
                    const std::map<std::string, std::string>& code_of) {
  const std::vector<std::string> header{"student",        "given_name", "family_name",
                                        "student_number", "delivery",   "file",
                                        "code",           "status",     "file_state"};

  CodeList out;
  out.table = csv_line(header);
  for (const auto& award : batch.awards) {
    const auto found = code_of.find(award.award.student);
    const std::string code = found == code_of.end() ? "" : found->second;
    const std::string file = std::filesystem::path(award.claim_file).filename().string();

    const std::vector<std::string> row{award.award.student,
                                       award.given_name,
                                       award.family_name,
                                       award.student_number,
                                       std::string(to_text(award.delivery)),
                                       file,
                                       code,
                                       award.status,
                                       std::string(to_text(award.file_state))};

    out.table += csv_line(row);
    out.json.push_back(Json{{"student", award.award.student},
                            {"name", award.name},
                            {"delivery", to_text(award.delivery)},
                            {"file", file},
                            {"code", code},
                            {"status", award.status},
                            {"file_state", to_text(award.file_state)}});

    out.text += one_line(award.award.student) + "  " + one_line(award.name) + "  " +
                one_line(file) + "  " +
                (code.empty() ? "sealed to the wallet that asked: no code" : code) +
                (is_not_in_force(award) ? "  is " + award.status : "") +
                (award.file_state == ClaimFileState::kGood
                     ? ""
                     : "  claim file " + std::string(to_text(award.file_state))) +
                "\n";
  }

  return out;
}

// To whom nothing is to be sent, or that nobody knows.
std::string about_dead(const RegisteredBatch& batch, const StatusSource& source) {
  if (!source.asked) return source.text + "\n";
  const auto dead =
      std::ranges::count_if(batch.awards, [](const auto& award) { return is_not_in_force(award); });
  if (dead == 0) return {};
  return std::to_string(dead) + (dead == 1 ? " of these awards is" : " of these awards are") +
         " not in force: a claim file or code of it is of no use to its learner\n";
}

Outcome codes(Context& context, const CodesOptions& options) {
  TM_TRY(const auto name, batch_named(context, options.name));
  const std::string csv = options.csv;
  // The destination is checked before the vault is opened: nobody types a passphrase for nothing.
  if (!csv.empty()) TM_TRY_STATUS(may_save_named_file(context, csv));

  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(auto batch, read_batch(context, vault.register_identities, name));
  TM_TRY_STATUS(expect_sent(batch.committed, name));
  const auto source = add_statuses(context, std::span(&batch, 1));
  const std::string path = batch_path(context, name) + "/codes.age";

  const bool all_asked = std::ranges::all_of(
      batch.awards, [](const auto& award) { return award.delivery == Delivery::kRequest; });

  std::map<std::string, std::string> code_of;
  std::error_code ignored;

  if (std::filesystem::exists(path, ignored)) {
    TM_TRY(const auto file, or_exit(ExitCode::kFailure, read_file(path, age::kMaxFileBytes)));
    TM_TRY(const auto rows,
           or_exit(ExitCode::kInvalid, open_codes(file, vault.register_identities)));
    for (const auto& row : rows) code_of[row.student] = std::string(row.code.text());
  } else if (!all_asked) {
    return Failure{ExitCode::kFailure,
                   "the claim codes of " + name +
                       " were purged after delivery; whoever lost a claim file gets a new award "
                       "that supersedes the old one"};
  }

  const auto list = list_codes(batch, code_of);
  // First: whoever mails the codes mails the files too.
  const auto files = about_files(batch);
  const auto dead = about_dead(batch, source);
  if (csv.empty()) {
    return Reply{Json{{"codes", list.json}, {"status_asked", source.asked}},
                 files + list.text + dead};
  }

  TM_TRY_STATUS(refuse_unread_options(context));
  TM_TRY_STATUS(save_named_file(context, csv, as_bytes(list.table)));

  return Reply{Json{{"file", csv},
                    {"rows", batch.awards.size()},
                    {"files_missing", with_file(batch, ClaimFileState::kMissing).size()},
                    {"files_damaged", with_file(batch, ClaimFileState::kDamaged).size()}},
               files + "wrote " + csv + " with " + std::to_string(batch.awards.size()) +
                   " rows; it holds claim codes in clear: erase it when the mails are sent\n" +
                   dead};
}

}  // namespace

void add_register_commands(Command issuer, Context& context, Run& run) {
  auto options = std::make_shared<ListOptions>();
  auto listing = issuer.add_subcommand("list", "Who has what: every award of this home's register");
  option(listing, "--batch", options->batch, "Of this batch only");
  option(listing, "--achievement", options->achievement,
         "Of this achievement only: <number>, <number>.<version>");
  option(listing, "--status", options->status, "Of this status only: " + joined(status_names()));
  option(listing, "--student", options->student, "Of this learner only");
  listing.callback(
      [&context, &run, options] { run = [&context, options] { return list(context, *options); }; });
  auto showing =
      issuer.add_subcommand("show", "One learner: every award, its delivery, reference and status");
  option(showing, "--student", options->student, "The learner's reference").required();
  showing.callback(
      [&context, &run, options] { run = [&context, options] { return show(context, *options); }; });
}

void add_batch_register_commands(Command batch, Context& context, Run& run) {
  batch
      .add_subcommand("list",
                      "All batches of this home, with how many awards and what became of them")
      .callback([&context, &run] { run = [&context] { return list_batches(context); }; });
  auto options = std::make_shared<CodesOptions>();
  auto coding = batch.add_subcommand("codes", "The claim codes of a batch, with names");
  option(coding, "name", options->name, "Name of the batch's folder").required();
  option(coding, "--csv", options->csv,
         "Write them to this file, a row a learner, for a mail merge");
  coding.callback([&context, &run, options] {
    run = [&context, options] { return codes(context, *options); };
  });
}

}  // namespace testamur::wallet
