// issuer: setting up an institution's home, and publishing what it awards. Batches and statuses
// have files of their own.
#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <memory>
#include <set>
#include <span>

#include "common/text.h"
#include "common/visible.h"
#include "files/key_file.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/commands/issue_batch.h"
#include "wallet/cli/description/achievement_preview.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/achievement_file.h"
#include "wallet/cli/files/key_files.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/award_register.h"
#include "wallet/cli/flow/key_vault.h"
#include "wallet/cli/flow/transaction_flow.h"
#include "wallet/cli/joined.h"
#include "wallet/credential/spreadsheet_damage.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/issuer_keys.h"

namespace testamur::wallet {
namespace {

namespace tx = ledger::tx;

constexpr char kKeysHelp[] = "Directory with root.key, issue.key, govern.key and credential.key";
constexpr char kKeepHelp[] = "Do not erase the plain key files";

constexpr KeyPurpose kVaultPurposes[] = {KeyPurpose::kRoot, KeyPurpose::kIssue, KeyPurpose::kGovern,
                                         KeyPurpose::kCredential};

// Chain and institution, found through the registered issue key.
Attempt<IssuerProfile> find_profile(Client& client, const SecretKey& issue_key) {
  auto called = client.key(key_id(KeyPurpose::kIssue, issue_key.public_key()));
  if (const auto* failure = std::get_if<CallError>(&called);
      failure && failure->kind == CallFailure::kNotFound) {
    return Failure{ExitCode::kUnknown,
                   "the ledger does not know this issue key: " + failure->message};
  }

  TM_TRY(const auto key, asked(std::move(called)));

  TM_TRY(const auto status, asked(client.status()));
  if (!status.chain || !key.institution.is_named()) {
    return Failure{ExitCode::kFailure,
                   "the node does not say which ledger it serves and whose this issue key is"};
  }

  return IssuerProfile{*status.chain, key.institution.id, key.institution.name_now,
                       key.institution.domain};
}

// A vault that is there is one of an init that was cut off, or of another institution: it is gone
// on from where it holds this key, and nothing is written over it.
Attempt<void> check_sealed(const std::string& file, const SecretBytes& passphrase,
                           const SecretKey& key) {
  auto opened = Vault::open(file, passphrase.clone());
  const std::string was = file + " is there already: ";
  if (!opened.ok()) {
    return Failure{failure_of(*opened.failure).exit,
                   was +
                       "if an earlier init was cut off, type the passphrase of that time; else "
                       "use another --home (" +
                       opened.failure->message + "). No plain key was erased"};
  }
  const auto keys = decode_issuer_keys(opened.vault->contents());
  if (keys.ok() && find_key(*keys, key_id(keys->purpose, key.public_key())) != nullptr) return {};
  return Failure{ExitCode::kUsage, was +
                                       "it holds another key than the one that was to be sealed; "
                                       "use another --home. No plain key was erased"};
}

std::string key_file_in(const std::string& directory, KeyPurpose purpose) {
  return (std::filesystem::path(directory) / (std::string(to_text(purpose)) + ".key")).string();
}

// The plain keys of a folder. One that is gone was sealed and erased before a command was cut off,
// if its vault is there.
Attempt<std::vector<HeldKey>> plain_keys(const Context& context, const std::string& directory) {
  std::vector<HeldKey> keys;
  for (const auto purpose : kVaultPurposes) {
    const auto file = key_file_in(directory, purpose);
    if (!is_there(file) && is_there(vault_file(context, purpose))) continue;
    TM_TRY(auto key, read_key_file(file, purpose));
    keys.push_back({purpose, std::move(key)});
  }
  return keys;
}

Attempt<void> seal_keys(Context& context, std::vector<HeldKey> keys,
                        const std::string& institution) {
  if (keys.empty()) return {};
  TM_TRY(const auto passphrase,
         or_exit(ExitCode::kPassphrase, new_passphrase(context, "the issuer's vaults")));
  std::uint64_t sealed = 0;
  Progress progress("sealing keys", keys.size(), context.quiet);
  for (auto& [purpose, key] : keys) {
    const std::string file = vault_file(context, purpose);
    TM_TRY_STATUS(is_there(file) ? check_sealed(file, passphrase, key)
                                 : create_key_vault(context, purpose, std::move(key), institution,
                                                    passphrase));
    progress.advance(++sealed);
  }
  return {};
}

struct InitOptions {
  Given<std::string> keys;
  Given<bool> keep;
};

// A command that was cut off while it erased a plain key has left it under another name.
Attempt<void> finish_erasing_of(const std::string& directory) {
  if (directory.empty()) return {};
  for (const auto purpose : kVaultPurposes)
    TM_TRY_STATUS(or_exit(ExitCode::kFailure, finish_erasing(key_file_in(directory, purpose))));
  return {};
}

// Everything else has been done: what cannot be erased is no longer needed, and lies open.
Attempt<void> erase_plain_keys(const InitOptions& options) {
  if (*options.keep || options.keys->empty()) return {};
  std::string left;
  for (const auto purpose : kVaultPurposes) {
    const auto erased = erase_key_file(key_file_in(options.keys, purpose));
    if (!erased.ok()) left += (left.empty() ? "" : "; ") + erased.message();
  }
  if (left.empty()) return {};
  return Failure{ExitCode::kFailure, "the keys are sealed, and plain ones still lie open: " + left +
                                         ". Erase them yourself (--keep leaves them on purpose)"};
}

std::string sealed_text(const InitOptions& options) {
  if (options.keys->empty()) return "\n  its keys were sealed before\n";
  return std::string("\n  the keys are sealed, one vault a purpose") +
         (*options.keep ? "" : "; the plain key files were erased") + "\n";
}

// Run again after it has worked: the plain key files are gone, and that is how it should be. Cut
// off while it erased them, it has left some.
Attempt<void> refuse_again(const Context& context, const std::string& directory) {
  const auto profile = stored_profile(context);
  if (!profile.ok()) return {};
  std::vector<std::string> left;
  for (const auto purpose : kVaultPurposes) {
    const auto file = key_file_in(directory, purpose);
    if (!directory.empty() && is_there(file)) left.push_back(file);
  }
  if (left.size() == std::size(kVaultPurposes)) return {};

  std::string plain;
  if (!left.empty()) {
    plain = "; plain keys are left, of it or of another: " + joined(left) +
            ". Open the vaults once, then erase what is of this institution";
  } else if (!directory.empty()) {
    plain = "; no plain keys of it are in " + directory;
  }
  return error("this home is set up for " + profile->name + " (" + to_text(profile->institution) +
               ") already, and its keys are sealed in " + context.path("issuer") + plain);
}

// Before there is a ledger: the keys lie open no longer than from one command to the next.
Outcome seal(Context& context, const InitOptions& options) {
  TM_TRY_STATUS(finish_erasing_of(options.keys));
  TM_TRY_STATUS(refuse_again(context, options.keys));
  TM_TRY(auto keys, plain_keys(context, options.keys));
  if (keys.empty()) {
    return Reply{Json{{"sealed_in", context.path("issuer")}, {"already", true}},
                 "the keys are sealed in " + context.path("issuer") + " already\n", ExitCode::kOk,
                 true};
  }
  TM_TRY_STATUS(seal_keys(context, std::move(keys), {}));
  TM_TRY_STATUS(erase_plain_keys(options));
  return Reply{Json{{"sealed_in", context.path("issuer")}, {"already", false}},
               context.path("issuer") + sealed_text(options) +
                   "  from here on genesis sign and sign need no --keys for them; when the ledger "
                   "knows this institution: testamur issuer init\n"};
}

// By the issue key: of the plain ones, else of the vault.
Attempt<IssuerProfile> profile_of(Context& context, Client& client,
                                  const std::vector<HeldKey>& plain) {
  const auto issue = std::ranges::find(plain, KeyPurpose::kIssue, &HeldKey::purpose);
  IssuerKeys sealed;
  if (issue == plain.end()) {
    TM_TRY(sealed, open_issuer_keys(context, KeyPurpose::kIssue));
  }
  return find_profile(client, issue == plain.end() ? sealed.keys.front() : issue->key);
}

// Whose these keys of one purpose are on the ledger, where that is not the institution: somebody
// else's, or nobody's, as the end of a sentence. One that is made and not registered yet may stand
// beside one of the institution.
Attempt<std::optional<std::string>> foreign_owner(Client& client, const IssuerProfile& profile,
                                                  KeyPurpose purpose,
                                                  std::span<const SecretKey> keys) {
  bool is_own = false;
  for (const auto& key : keys) {
    const auto called = client.key(key_id(purpose, key.public_key()));
    const auto* failure = std::get_if<CallError>(&called);
    if (failure != nullptr && failure->kind == CallFailure::kNotFound) continue;
    if (failure != nullptr) return failure_of(*failure);

    const auto& owner = std::get<OwnedKeyAnswer>(called).institution;
    if (owner.id != profile.institution)
      return std::optional("that of " + party_text(owner) + " (" + to_text(owner.id) + ")");
    is_own = true;
  }
  return is_own ? std::optional<std::string>{}
                : std::optional<std::string>("nobody's on this ledger");
}

Failure foreign_key(const IssuerProfile& profile, const std::string& what, const std::string& whose,
                    const std::string& cure) {
  return Failure{ExitCode::kUsage, what + " is " + whose + ", and the issue key that of " +
                                       one_line(profile.name) + " (" +
                                       to_text(profile.institution) +
                                       "): a home holds the keys of one institution. " + cure};
}

// A folder put together by hand may hold keys of two institutions, and once they are sealed and the
// plain ones erased nobody can tell them apart.
Attempt<void> refuse_foreign_keys(Client& client, const IssuerProfile& profile,
                                  const std::vector<HeldKey>& plain, const std::string& directory) {
  for (const auto& [purpose, key] : plain) {
    TM_TRY(const auto whose, foreign_owner(client, profile, purpose, std::span(&key, 1)));
    if (whose)
      return foreign_key(profile, "the key in " + key_file_in(directory, purpose), *whose,
                         "Put the right key file there; nothing was sealed, and no plain key was "
                         "erased");
  }
  return {};
}

// The same of vaults that were sealed without a network. Of one that opens with another passphrase
// the answer says that it was not compared.
Attempt<std::vector<std::string>> refuse_foreign_vaults(Context& context, Client& client,
                                                        const IssuerProfile& profile) {
  std::vector<std::string> not_compared;
  for (const auto purpose : kVaultPurposes) {
    const auto file = vault_file(context, purpose);
    if (!is_there(file)) continue;
    TM_TRY(auto passphrase, or_exit(ExitCode::kPassphrase, existing_passphrase(context, file)));
    const auto opened = Vault::open(file, std::move(passphrase));
    if (!opened.ok()) {
      not_compared.push_back(file);
      continue;
    }
    TM_TRY(const auto held,
           or_exit(ExitCode::kFailure, decode_issuer_keys(opened.vault->contents())));
    TM_TRY(const auto whose, foreign_owner(client, profile, purpose, held.keys));
    if (whose)
      return foreign_key(profile, "the key in the vault " + file, *whose,
                         "Seal the right keys in another --home; this one was not set up");
  }
  return not_compared;
}

Outcome init(Context& context, const InitOptions& options) {
  const std::string directory = options.keys;
  TM_TRY_STATUS(finish_erasing_of(options.keys));
  TM_TRY_STATUS(refuse_again(context, directory));
  if (directory.empty() && *options.keep)
    return Failure{ExitCode::kUsage, "--keep goes with --keys"};
  if (directory.empty() && !is_there(vault_file(context, KeyPurpose::kIssue)))
    return Failure{ExitCode::kUsage,
                   "this home holds no sealed keys: name the folder of the plain ones with --keys"};

  std::vector<HeldKey> keys;
  if (!directory.empty()) {
    TM_TRY(keys, plain_keys(context, directory));
  }
  Client client = context.client();
  TM_TRY(const auto profile, profile_of(context, client, keys));
  std::vector<std::string> not_compared;
  if (directory.empty()) {
    TM_TRY(not_compared, refuse_foreign_vaults(context, client, profile));
  } else {
    TM_TRY_STATUS(refuse_foreign_keys(client, profile, keys, directory));
  }

  TM_TRY_STATUS(seal_keys(context, std::move(keys), to_text(profile.institution)));
  const Json json{{"chain", to_text(profile.chain)},
                  {"institution", to_text(profile.institution)},
                  {"name", profile.name},
                  {"domain", profile.domain}};
  TM_TRY_STATUS(or_exit(ExitCode::kFailure,
                        write_home_file(context, "issuer/issuer.json", as_bytes(json.dump(2)))));

  // Only now are the keys safe elsewhere.
  TM_TRY_STATUS(erase_plain_keys(options));
  return Reply{json, profile.name + " (" + to_text(profile.institution) + ") is set up in " +
                         context.home + sealed_text(options) +
                         (not_compared.empty()
                              ? ""
                              : "  not compared with the ledger, for they open with another "
                                "passphrase: " +
                                    joined(not_compared) + "\n")};
}

struct AchievementOptions {
  Given<std::string> file;
  Given<std::string> achievement;
  Given<bool> dry_run;
  DraftOptions draft;
};

// What the version before says otherwise: a course under another one's number takes its place.
void compare_versions(const AchievementRecord& before, const tx::AchievementContent& content,
                      std::vector<std::string>& warnings) {
  const std::string which =
      std::to_string(before.id.number) + "." + std::to_string(before.id.version);
  const auto is_same = [&content](const TitleText& title) {
    return std::ranges::any_of(content.titles, [&title](const auto& other) {
      return skeleton(other.text) == skeleton(title.text);
    });
  };
  if (!before.titles.empty() && std::ranges::none_of(before.titles, is_same))
    warnings.push_back("it takes the place of " + which + ", which is called " +
                       in_quotes(before.titles.front().text) + ": is the number right?");
  const auto credits = [](std::uint32_t hundredths) {
    return to_display(kind_of(ClaimId::kEctsHundredths), ClaimValue{std::uint64_t{hundredths}});
  };
  if (before.ects_hundredths != content.ects_hundredths)
    warnings.push_back("the credits change: " + credits(before.ects_hundredths) + " ECTS in " +
                       which + ", " + credits(content.ects_hundredths) + " here");
  if (before.eqf_level != content.eqf_level)
    warnings.push_back("the level changes: EQF " + std::to_string(before.eqf_level) + " in " +
                       which + ", " + std::to_string(content.eqf_level) + " here");
}

// What the ledger would refuse for its number and version, told before anybody reads further. A
// draft may be sent after the version before it: there a gap is a warning.
Attempt<void> check_version(IssuerSession& session, const tx::AchievementContent& content,
                            bool is_draft, std::vector<std::string>& warnings) {
  if (content.number == 0 || content.version == 0) return {};

  const auto& own = session.profile.institution;
  const std::string id = to_text(AchievementId{own, content.number, content.version});
  std::uint32_t newest = 0;
  auto called = session.client.achievement(AchievementId{own, content.number, 0});
  if (const auto* known = std::get_if<AchievementAnswer>(&called)) {
    newest = known->record.id.version;
    compare_versions(known->record, content, warnings);
  } else if (std::get<CallError>(called).kind != CallFailure::kNotFound) {
    return failure_of(std::get<CallError>(called));
  }

  const std::string next = "version = " + std::to_string(newest + 1);
  if (content.version <= newest) {
    return Failure{ExitCode::kFailure,
                   id + " is published already; the next is " + next + "; nothing was sent",
                   "achievement_exists"};
  }
  if (content.version == newest + 1) return {};

  const std::string gap =
      (newest == 0 ? "no version of it is"
                   : "version " + std::to_string(newest) + " is the newest that is") +
      std::string(" published: ") + next + " comes first";
  if (!is_draft)
    return Failure{ExitCode::kFailure, id + " cannot be published yet: " + gap,
                   "achievement_version_gap"};
  warnings.push_back(gap);
  return {};
}

// A word that stands where a text is still to come, or what a web page left in it. `words` is the
// skeleton of the text.
bool looks_unfinished(std::string_view words) {
  constexpr std::array<std::string_view, 4> kWhole = {"todo", "tbd", "tba", "xxx"};
  return std::ranges::find(kWhole, words) != kWhole.end() || words.starts_with("loremipsum") ||
         words.find("&amp;") != std::string_view::npos;
}

Status check_text(const std::string& where, const std::string& text,
                  std::vector<std::string>& warnings) {
  if (const auto damage = spreadsheet_damage(text, CellUse::kText); !damage.empty())
    return error(where + ": " + damage);
  if (may_lack_letters(text))
    warnings.push_back(where + " " + in_quotes(text) +
                       " has a question mark between letters: did a program lose a letter?");

  if (looks_unfinished(skeleton(text)))
    warnings.push_back(where + " " + in_quotes(text) + " looks unfinished");
  return {};
}

// One credit is 25 to 30 hours of work (ECTS Users' Guide 2015).
void warn_of_workload(const tx::AchievementContent& content, std::vector<std::string>& warnings) {
  constexpr std::uint64_t kFewest = 15, kMost = 45;
  const std::uint64_t hours = std::uint64_t{content.workload_hours} * 100;
  const std::uint64_t credits = content.ects_hundredths;
  if (hours != 0 && credits != 0 && (hours < credits * kFewest || hours > credits * kMost))
    warnings.push_back("the workload is " + std::to_string(content.workload_hours) + " hours for " +
                       to_display(kind_of(ClaimId::kEctsHundredths), ClaimValue{credits}) +
                       " ECTS; one credit is 25 to 30 hours");
}

// What a program did to a text, or a person forgot in it, stays in every credential.
Status check_texts(const tx::AchievementContent& content, std::vector<std::string>& warnings) {
  for (const auto& title : content.titles) TM_TRY_STATUS(check_text("title", title.text, warnings));
  for (const auto& each : content.descriptions)
    TM_TRY_STATUS(check_text("description", each.text, warnings));
  for (const auto& outcome : content.outcomes) {
    for (const auto& each : outcome.texts)
      TM_TRY_STATUS(check_text("outcome", each.text, warnings));
  }

  warn_of_workload(content, warnings);
  return {};
}

// One course under two numbers is two courses to every verifier, and no number is ever free again.
Attempt<void> warn_of_same_title(IssuerSession& session, const tx::AchievementContent& content,
                                 std::vector<std::string>& warnings) {
  std::vector<std::string> titles;
  for (const auto& title : content.titles) titles.push_back(title.text);
  TM_TRY(const auto others, achievements_alike(session, content.number, titles));
  for (const auto& other : others) {
    const auto number = std::to_string(other.number);
    warnings.push_back(
        "its title is that of " + number + "." + std::to_string(other.version) +
        ", which stays another achievement: a new version of that one has number = " + number +
        " and version = " + std::to_string(other.version + 1));
  }
  return {};
}

// The names of those who award, teach and assess; one that the ledger does not know is a typing
// error, told here.
Attempt<Names> names_of_parties(IssuerSession& session, const tx::AchievementContent& content) {
  Names names;
  for (const auto* parties : {&content.awarding_bodies, &content.teaches, &content.assesses}) {
    for (const auto& id : *parties) {
      if (names.contains(to_text(id))) continue;
      TM_TRY(const auto answer, asked(session.client.institution(id, false), to_text(id)));
      names[to_text(id)] = answer.name.name_now;
    }
  }
  return names;
}

// Without these the ledger takes no achievement.
Status check_complete(const tx::AchievementContent& content, const std::string& file) {
  std::string missing;
  if (content.number == 0) missing = "number = 1 (your own numbering)";
  if (content.version == 0) missing += (missing.empty() ? "" : ", ") + std::string("version = 1");
  if (content.titles.empty()) missing += (missing.empty() ? "" : ", ") + std::string("titles");
  if (missing.empty()) return {};
  return error(file + ": an achievement needs " + missing + " (docs/cli.md, \"Achievement\")");
}

Outcome publish(Context& context, const AchievementOptions& options) {
  TM_TRY(const auto content, read_achievement_file(options.file));
  TM_TRY_STATUS(check_complete(content, options.file));
  TM_TRY(auto session, open_acting_session(context, "issuer"));
  const std::string id =
      to_text(AchievementId{session.profile.institution, content.number, content.version});
  TransactionRequest request;
  auto& description = request.description;
  const bool dry_run = options.dry_run;
  const bool is_draft = !dry_run && !options.draft.file->empty();
  TM_TRY_STATUS(check_version(session, content, is_draft, description.warnings));
  TM_TRY_STATUS(check_texts(content, description.warnings));
  TM_TRY_STATUS(warn_of_same_title(session, content, description.warnings));
  TM_TRY(const auto names, names_of_parties(session, content));

  request.command = "issuer achievement publish";
  request.make = [&content](const tx::Envelope& envelope) { return tx::build(envelope, content); };

  const auto preview = preview_achievement(content, session.profile.name, names);
  description.details = preview.text;
  description.facts =
      Json{{"achievement", id}, {"states", preview.facts}, {"not_stated", preview.absent}};
  if (!preview.absent.empty())
    description.warnings.push_back("it does not state " + joined(preview.absent) +
                                   " (docs/cli.md, \"Achievement\"); only a next version can");

  if (dry_run) return say_only(session, std::move(request));

  request.done =
      "published " + std::string(tx::best_text(content.titles)) + "\n  achievement " + id;
  return confirm_sign_send(session, std::move(request), options.draft);
}

// How many awards of it this office has handed out; nothing where no register can say.
Attempt<std::optional<std::size_t>> awards_of(Context& context, const AchievementId& id) {
  TM_TRY(const auto batches, or_exit(ExitCode::kFailure, batch_names(context)));
  if (batches.empty() || !is_there(context.path("issuer/issue.age")))
    return std::optional<std::size_t>{};
  TM_TRY(const auto vault, open_issuer_keys(context, KeyPurpose::kIssue));
  TM_TRY(const auto awards, registered_awards(context, vault.register_identities));
  return std::optional<std::size_t>(std::ranges::count(awards, id, &AwardRecord::achievement));
}

// A number says nothing to whoever has typed another one by a slip.
std::string about_achievement(const AchievementAnswer& answer,
                              const std::optional<std::size_t>& awards) {
  const auto& record = answer.record;
  std::string text;
  for (const auto& title : record.titles)
    text += "  title    " + one_line(title.text) + " (" + one_line(title.language) + ")\n";
  if (record.ects_hundredths != 0) {
    text += "  credits  " +
            to_display(kind_of(ClaimId::kEctsHundredths),
                       ClaimValue{std::uint64_t{record.ects_hundredths}}) +
            " ECTS\n";
  }
  if (record.eqf_level != 0) text += "  level    EQF " + std::to_string(record.eqf_level) + "\n";
  text += "  awards   ";
  if (!awards) return text + "no register of this home holds any\n";
  return text + std::to_string(*awards) +
         (*awards == 0 ? " in the registers of this home\n"
                       : " in the registers of this home; they stand as they are\n");
}

std::string short_name(const AchievementAnswer& answer) {
  const auto& record = answer.record;
  return std::to_string(record.id.number) + "." + std::to_string(record.id.version) +
         (record.titles.empty() ? "" : ", " + in_quotes(record.titles.front().text));
}

Outcome retire(Context& context, const AchievementOptions& options) {
  TM_TRY(auto session, open_acting_session(context, "issuer"));
  const auto& own = session.profile.institution;
  TM_TRY(const auto id, version_named("achievement", options.achievement, own));

  if (id.institution != own) {
    return Failure{ExitCode::kUsage, *options.achievement +
                                         " is an achievement of another institution; this home is "
                                         "of " +
                                         to_text(own)};
  }

  // An id with a typing error is told here, before anybody is asked to sign.
  const std::string text = to_text(id);
  TM_TRY(const auto known, asked(session.client.achievement(id), text));
  if (known.retired) {
    return Reply{Json{{"achievement", text}, {"already", true}, {"transaction", ""}},
                 short_name(known) + ", is retired already, since " +
                     date_text(known.retired->time_ms) + "; nothing was sent\n",
                 ExitCode::kOk, true};
  }
  TM_TRY(const auto awards, awards_of(context, id));

  TransactionRequest request;
  request.command = "issuer achievement retire";
  request.make = [&id](const tx::Envelope& envelope) {
    return tx::build(envelope, tx::AchievementRetireContent{id.number, id.version});
  };
  request.description.text =
      "\nNo further award of it can be issued, a corrected one neither; a next version can be "
      "published.";
  request.description.details = about_achievement(known, awards);
  request.description.facts["achievement"] = text;
  request.description.facts["awards"] = awards ? Json(*awards) : Json(nullptr);
  request.done = "retired " + short_name(known) + "; what was issued stands";
  return confirm_sign_send(session, std::move(request), options.draft);
}

}  // namespace

void add_issuer_commands(Command app, Context& context, Run& run) {
  auto issuer = app.add_subcommand(
      "issuer", "Set up an institution, publish achievements, issue, change statuses");
  issuer.require_subcommand(1);
  auto sealing = std::make_shared<InitOptions>();
  auto seals = issuer.add_subcommand(
      "seal", "Seal the key files of `testamurd init` at once; no network is needed");
  option(seals, "--keys", sealing->keys, kKeysHelp).required();
  flag(seals, "--keep", sealing->keep, kKeepHelp);
  seals.callback(
      [&context, &run, sealing] { run = [&context, sealing] { return seal(context, *sealing); }; });

  auto setting = std::make_shared<InitOptions>();
  auto first = issuer.add_subcommand(
      "init", "Set this home up for the institution whose keys it seals, or has sealed");
  option(first, "--keys", setting->keys, kKeysHelp + std::string(" (default: those sealed here)"));
  flag(first, "--keep", setting->keep, kKeepHelp);
  first.callback(
      [&context, &run, setting] { run = [&context, setting] { return init(context, *setting); }; });

  auto achievement = issuer.add_subcommand("achievement", "What this institution awards");
  achievement.require_subcommand(1);
  auto options = std::make_shared<AchievementOptions>();
  auto publishing = achievement.add_subcommand(
      "publish", "Publish an achievement (or its next version) from a TOML file");
  option(publishing, "file", options->file, "The achievement").required();
  flag(publishing, "--dry-run", options->dry_run,
       "Say what would stand on the ledger for good; publish nothing");
  add_draft_options(publishing, options->draft);
  show_example(publishing, "testamur issuer achievement publish achievement.toml --dry-run");
  publishing.callback([&context, &run, options] {
    run = [&context, options] { return publish(context, *options); };
  });
  auto retiring = achievement.add_subcommand("retire", "No further issue under this version");
  option(retiring, "achievement", options->achievement,
         "<number>.<version>, or <institution>/<number>.<version>")
      .required();
  add_draft_options(retiring, options->draft);
  retiring.callback([&context, &run, options] {
    run = [&context, options] { return retire(context, *options); };
  });

  add_batch_commands(issuer, context, run);
  add_status_commands(issuer, context, run);
}

}  // namespace testamur::wallet
