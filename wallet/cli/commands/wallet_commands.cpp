// wallet: a learner's vault, its recovery words and its backups.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <sstream>

#include "common/visible.h"
#include "wallet/cli/commands/commands.h"
#include "wallet/cli/dates.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/open_wallet.h"
#include "wallet/cli/flow/own_credentials.h"
#include "wallet/cli/option.h"
#include "wallet/credential/credential.h"
#include "wallet/credential/request.h"
#include "wallet/keystore/bip39.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/slip10.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxWordsBytes = 4096;

ExitCode create_vault(Context& context, const WalletContents& contents) {
  auto passphrase = new_passphrase(context, "the wallet");
  if (!passphrase.ok()) return fail(context, ExitCode::kPassphrase, passphrase.message());
  const auto encoded = encode_wallet(contents);
  if (!encoded.ok()) return fail(context, ExitCode::kFailure, encoded.message());
  auto made = Vault::create(wallet_file(context), std::move(passphrase).value(), encoded->view());
  return made.ok() ? ExitCode::kOk : fail(context, *made.failure);
}

// No second vault in one home: asked before anything is written, and again by Vault::create.
ExitCode expect_no_vault(Context& context) {
  if (const auto left = previous_alone(wallet_file(context))) return fail(context, *left);
  if (!is_there(wallet_file(context))) return ExitCode::kOk;
  return fail(context, ExitCode::kFailure,
              wallet_file(context) +
                  " exists already and is not overwritten (testamur wallet show says what it "
                  "holds). Another wallet goes into another folder: give --home DIR; or move this "
                  "one away first");
}

// Whether a file lies in the folder or below it, by whatever links it is reached.
bool lies_below(const std::string& file, const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code failure;
  const auto inner = fs::weakly_canonical(fs::absolute(file, failure), failure);
  auto outer = fs::weakly_canonical(fs::absolute(folder, failure), failure);
  if (!outer.has_filename()) outer = outer.parent_path();
  const auto [end, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

// What must be there when it is needed: not where it is lost with the vault, and not where nobody
// keeps it.
ExitCode refuse_unsafe_place(Context& context, const std::string& what, const std::string& file,
                             const std::string& why) {
  if (lies_below(file, context.home)) {
    return fail(context, ExitCode::kUsage,
                what + file + " lies in the home " + context.home +
                    " and belongs to the home, where " + why +
                    ": name a file elsewhere, on another disk or on paper");
  }
  std::error_code ignored;
  if (std::filesystem::is_character_file(file, ignored))
    return fail(context, ExitCode::kUsage, what + file + " is no file, and keeps nothing");
  return ExitCode::kOk;
}

// Four in a row, each with its number: some are asked for by it, and on paper a word that was left
// out is seen.
std::string numbered(const SecretBytes& words) {
  constexpr std::size_t kInRow = 4, kLongest = 8;  // letters of a word of BIP-39
  std::string text;
  std::istringstream all{std::string(words.text())};
  std::size_t place = 0;
  for (std::string word; all >> word;) {
    ++place;
    text += (place < 10 ? "   " : "  ") + std::to_string(place) + " " + word;
    if (place % kInRow == 0)
      text += "\n";
    else
      text.append(kLongest - std::min(kLongest, word.size()), ' ');
  }
  return text;
}

// Puts the words where the person will find them; only what arrived counts.
ExitCode hand_over(Context& context, const SecretBytes& words, const std::string& words_file) {
  if (!words_file.empty()) return write_named_file(context, words_file, words.view());
  put(Stream::kOut,
      "Write these 24 words down, on paper. They are shown this once, and give back your own "
      "keys:\n\n" +
          numbered(words) + "\n");
  if (standard_output_arrived()) return ExitCode::kOk;
  return fail(context, ExitCode::kFailure,
              "the recovery words cannot be shown: no wallet was made");
}

// Words that were looked at and not written down give nothing back.
Attempt<void> ask_for_some(const SecretBytes& words) {
  constexpr std::size_t kAsked = 3;
  constexpr int kTries = 3;
  const auto places = some_word_places(kAsked);
  const std::string which = std::to_string(places[0]) + ", " + std::to_string(places[1]) + " and " +
                            std::to_string(places[2]);
  for (int i = 0; i < kTries; ++i) {
    TM_TRY(const auto typed,
           or_exit(ExitCode::kPassphrase, ask_secret({"Words " + which + ", from your paper: ",
                                                      "some of the words", "--words-file"})));
    if (are_words_at(words.text(), places, typed.text())) return {};
    put(Stream::kError, "those are not the words " + which + " of this wallet\n");
  }
  return Failure{ExitCode::kPassphrase,
                 "the words that you typed are not those that were shown: no wallet was made. "
                 "Begin again, and write the new words down"};
}

// The words go out before there is a vault: a wallet whose words nobody has seen could never be
// restored.
Outcome init(Context& context, const std::string& words_file) {
  if (words_file.empty() && (context.json || !output_is_terminal())) {
    return fail(context, ExitCode::kUsage,
                "the recovery words are shown on a terminal only, and not within JSON; give "
                "--words-file FILE");
  }
  // They open the vault's backups and make its keys anew: beside it they save nothing and tell all.
  if (!words_file.empty()) {
    const ExitCode unsafe = refuse_unsafe_place(
        context, "--words-file: ", words_file,
        "whoever gets the vault gets the words too, and one lost disk loses both");
    if (unsafe != ExitCode::kOk) return unsafe;
  }
  auto passphrase = new_passphrase(context, "the wallet");
  if (!passphrase.ok()) return fail(context, ExitCode::kPassphrase, passphrase.message());
  if (const ExitCode locked = lock_home(context, "wallet init"); locked != ExitCode::kOk)
    return locked;
  if (const ExitCode none = expect_no_vault(context); none != ExitCode::kOk) return none;

  const WalletContents contents = make_wallet(context.now_ms());
  const SecretBytes words = words_from_entropy(contents.entropy.view());
  if (const ExitCode shown = hand_over(context, words, words_file); shown != ExitCode::kOk)
    return shown;
  if (words_file.empty() && input_is_terminal()) TM_TRY_STATUS(ask_for_some(words));

  if (const ExitCode made = create_vault(context, contents); made != ExitCode::kOk) {
    // Words of a wallet that does not exist would only mislead.
    if (!words_file.empty()) (void)remove_file(words_file);
    return made;
  }
  return Reply{Json{{"wallet", wallet_file(context)}, {"words_file", words_file}},
               "made " + wallet_file(context) + "\n" +
                   (words_file.empty() ? "" : "the 24 recovery words are in " + words_file + "\n")};
}

Outcome show(Context& context) {
  auto wallet = OpenWallet::open(context);
  if (!wallet) return wallet.code();

  const auto& contents = wallet.contents();
  const bool stale = backup_is_older_than_a_credential(contents);

  Json shown = Json::array();
  for (const auto& grant : contents.grants) shown.push_back(grant_json(contents, grant));

  const Json json{{"created_at_ms", contents.created_at_ms},
                  {"last_backup_ms", contents.last_backup_ms},
                  {"credentials", contents.credentials.size()},
                  {"open_requests", contents.requests.size()},
                  {"presentations", contents.grants.size()},
                  {"shown", std::move(shown)},
                  {"backup_is_stale", stale},
                  {"backup_recipient", age::to_text(backup_identity_of(contents).recipient())}};

  std::string text = wallet_file(context) + ", made " + date_text(contents.created_at_ms) + "\n";
  text += "  credentials    " + std::to_string(contents.credentials.size()) + "\n";
  text += "  open requests  " + std::to_string(contents.requests.size()) + "\n";
  text += "  last backup    " + time_text(contents.last_backup_ms) +
          (stale ? toned(Tone::kDoubt, "  older than a credential") : "") + "\n";

  for (const auto& grant : contents.grants) text += grant_text(contents, grant, false);

  return Reply{json, text};
}

// Which of the wallet's keys were given out, beside the vault: one that was put back (from
// wallet.age.previous, or from a copy of the disk) has forgotten some, and would give the same key
// to a second issuer. What cannot be read counts as many.
constexpr const char* kGivenKeys = "wallet.keys";

void pass_over_given_keys(const Context& context, WalletContents& wallet) {
  const auto path = context.path(kGivenKeys);
  if (!is_there(path)) return;
  const auto given = [&]() -> Result<std::uint64_t> {
    TM_TRY(const auto raw, read_file(path, 1024));
    TM_TRY(const auto json, parse_strict_json(as_text(raw)));
    ObjectReader reader(json, path);
    const auto next = reader.number("next_p256_index", kHardened - 1);
    TM_TRY_STATUS(reader.finish());
    return next;
  }();
  if (!given.ok()) return pass_over_used_keys(wallet);
  wallet.next_p256_index = std::max(wallet.next_p256_index, static_cast<std::uint32_t>(*given));
}

Status note_given_keys(const Context& context, const WalletContents& wallet) {
  const Json given{{"next_p256_index", wallet.next_p256_index}};
  return write_home_file(context, kGivenKeys, as_bytes(given.dump()));
}

Outcome request(Context& context, const std::string& issuer, const std::string& student,
                const std::string& out) {
  if (const ExitCode writable = check_named_file(context, out); writable != ExitCode::kOk)
    return writable;
  auto wallet = OpenWallet::open_to_change(context, "wallet request");
  if (!wallet) return wallet.code();
  Client client = context.client();
  auto found = find_institution(client, issuer, false);
  if (auto* failure = std::get_if<CallError>(&found)) return fail(context, *failure);
  auto status = client.status();
  if (auto* failure = std::get_if<CallError>(&status)) return fail(context, *failure);
  const auto& name = std::get<InstitutionAnswer>(found).name;
  const auto& chain = std::get<StatusAnswer>(status).chain;
  if (!chain)
    return fail(context, ExitCode::kUnknown, "the node does not say which ledger it serves");
  pass_over_given_keys(context, wallet.contents());
  std::uint32_t index = 0;
  const SecretKey key = next_holder_key(wallet.contents(), SignatureAlgorithm::kEcdsaP256, index);
  auto made = make_wallet_request(*chain, name.id, student, key, context.now_ms());
  if (!made.ok()) return fail(context, ExitCode::kUsage, made.message());
  wallet.contents().requests.push_back(
      {SignatureAlgorithm::kEcdsaP256, index, to_text(name.id), student, context.now_ms()});
  // The counter is saved before the request leaves: a key is never used twice.
  TM_TRY_STATUS(or_exit(ExitCode::kFailure, note_given_keys(context, wallet.contents())));
  if (const ExitCode saved = wallet.save(context); saved != ExitCode::kOk) return saved;
  if (const ExitCode code = write_named_file(context, out, as_bytes(*made));
      code != ExitCode::kOk) {
    // Nobody has the request: it is not left open. Its key stays used up.
    wallet.contents().requests.pop_back();
    const ExitCode saved = wallet.save(context);
    return saved == ExitCode::kOk ? code : saved;
  }
  return Reply{Json{{"request", out}, {"issuer", to_text(name.id)}},
               "wrote " + out + ": send it to " + (name.name_now.empty() ? issuer : name.name_now) +
                   "; it holds a public key of this wallet and your student reference\n"};
}

Outcome identity(Context& context) {
  auto wallet = OpenWallet::open(context);
  if (!wallet) return wallet.code();

  if (!context.yes && !confirm("This prints the secret that opens your backups. Go on?")) {
    return fail(context, ExitCode::kCancelled, nothing_was("printed"));
  }

  const auto backup = backup_identity_of(wallet.contents());
  const SecretBytes text = backup.text();

  return Reply{
      Json{{"identity", std::string(text.text())}, {"recipient", age::to_text(backup.recipient())}},
      "# public key: " + age::to_text(backup.recipient()) + "\n" + std::string(text.text()) + "\n"};
}

// Whether the file is an older backup of this wallet that holds nothing which the new one lacks.
HoldsNoMore older_backup_of(const WalletContents& contents) {
  return [&contents](ByteView existing) {
    const auto older = open_backup(existing, seed_from_entropy(contents.entropy.view()).view());
    return older.ok() && holds_no_more(*older.contents, contents);
  };
}

// An older backup of the same words that --force would destroy, with what it holds more.
Attempt<void> refuse_fuller_backup(const Context& context, const std::string& file,
                                   const WalletContents& contents) {
  if (context.force || !is_there(file)) return {};
  const auto held = read_file(file, age::kMaxFileBytes);
  if (!held.ok()) return {};
  const auto older = open_backup(*held, seed_from_entropy(contents.entropy.view()).view());
  if (!older.ok() || holds_no_more(*older.contents, contents)) return {};
  return Failure{ExitCode::kUsage,
                 file + " is a backup of this wallet with " +
                     std::to_string(older.contents->credentials.size()) +
                     " credential(s), and holds what the wallet lacks, which has " +
                     std::to_string(contents.credentials.size()) +
                     ": name another file (testamur wallet restore takes it up). --force would "
                     "destroy it"};
}

Outcome backup(Context& context, const std::string& file) {
  if (const ExitCode unsafe =
          refuse_unsafe_place(context, "", file, "one lost disk loses the vault and its backup");
      unsafe != ExitCode::kOk)
    return unsafe;
  auto wallet = OpenWallet::open_to_change(context, "wallet backup");
  if (!wallet) return wallet.code();

  TM_TRY_STATUS(refuse_fuller_backup(context, file, wallet.contents()));

  // The backup holds its own date; the vault keeps it only once the file has arrived.
  wallet.contents().last_backup_ms = context.now_ms();

  auto sealed = seal_backup(wallet.contents());
  if (!sealed.ok()) return fail(context, ExitCode::kFailure, sealed.message());

  if (const ExitCode code =
          write_named_file(context, file, *sealed, older_backup_of(wallet.contents()));
      code != ExitCode::kOk) {
    return code;
  }

  // The backup is whole; the vault only does not know of it.
  if (const ExitCode saved = wallet.save(context); saved != ExitCode::kOk) {
    put(Stream::kError, "testamur: " + file +
                            " was written and is a whole backup; the vault has "
                            "not noted its date\n");
    return saved;
  }

  return Reply{Json{{"backup", file}, {"credentials", wallet.contents().credentials.size()}},
               "wrote " + file + " with " + std::to_string(wallet.contents().credentials.size()) +
                   " credential(s); the 24 words open it\n"};
}

// Whatever is sealed to somebody else looks like a backup of other words.
std::string about_other_files(const std::string& path) {
  const bool is_claim = path.ends_with(".testamur.age");
  return is_claim ? "; this is the name of a claim file, and no backup: restore without --backup, "
                    "and import it then"
                  : "";
}

// What is damaged is no mistake of the words, and whoever typed them would type them for ever.
Attempt<WalletContents> read_backup(const std::string& path, ByteView entropy) {
  TM_TRY(auto raw, read_file(path, age::kMaxFileBytes));
  auto file = age::take_off_armour(std::move(raw));
  if (!file.ok()) return Failure{ExitCode::kFailure, path + ": " + file.message()};
  auto opened = open_backup(*file, seed_from_entropy(entropy).view());
  if (opened.ok()) return std::move(*opened.contents);
  switch (opened.kind) {
    case BackupFailure::kNoBackup: break;
    case BackupFailure::kOtherWords:
      return Failure{ExitCode::kPassphrase, opened.failure + about_other_files(path)};
    case BackupFailure::kDamaged:
      return Failure{ExitCode::kFailure, path + " is damaged: " + opened.failure};
  }
  return error(path + ": " + opened.failure);
}

Outcome restore(Context& context, const std::string& words_file, const std::string& backup_file) {
  Result<SecretBytes> words = SecretBytes{};
  if (words_file.empty()) {
    words = ask_secret(
        {"The 24 recovery words, in one line or several: ", "the recovery words", "--words-file",
         [](std::string_view typed) { return count_words(typed) >= kRecoveryWords; }});
  } else {
    warn_of_open_secret(words_file);
    auto raw = read_file(words_file, kMaxWordsBytes);
    if (!raw.ok()) return fail(context, ExitCode::kUsage, raw.message());
    words = SecretBytes{std::move(raw).value()};
  }

  if (!words.ok()) return fail(context, ExitCode::kPassphrase, words.message());
  auto entropy = entropy_from_words(words->text());
  if (!entropy.ok()) return fail(context, ExitCode::kPassphrase, entropy.message());
  // Fewer words may fit together as those of another program's wallet, or by chance.
  if (entropy->size() != kRecoveryEntropyBytes) {
    return fail(context, ExitCode::kPassphrase,
                "there are " + std::to_string(count_words(words->text())) +
                    " words; a wallet has 24 recovery words: are those all?");
  }

  WalletContents contents = recover_wallet(entropy->clone(), context.now_ms());

  if (!backup_file.empty()) {
    auto restored = read_backup(backup_file, entropy->view());
    if (!restored.ok()) return report(context, restored.failure());
    contents = std::move(restored).value();
    pass_over_used_keys(contents);
  }

  if (const ExitCode locked = lock_home(context, "wallet restore"); locked != ExitCode::kOk)
    return locked;
  if (const ExitCode none = expect_no_vault(context); none != ExitCode::kOk) return none;

  if (const ExitCode made = create_vault(context, contents); made != ExitCode::kOk) return made;

  return Reply{
      Json{{"wallet", wallet_file(context)}, {"credentials", contents.credentials.size()}},
      "restored " + wallet_file(context) + " with " + std::to_string(contents.credentials.size()) +
          " credential(s)" +
          (backup_file.empty() ? "; credentials themselves come from a backup or from their files"
                               : "") +
          "\n"};
}

Outcome erase(Context& context, const std::string& named) {
  auto wallet = OpenWallet::open_to_change(context, "wallet erase");
  if (!wallet) return wallet.code();

  const auto found = find_credential(wallet.contents(), named);
  if (named.empty() || !found.ok())
    return fail(context, ExitCode::kUnknown, "the wallet holds no credential " + named);
  const auto view = read_credential((*found)->sd_jwt);
  if (!view.ok()) return fail(context, ExitCode::kInvalid, view.message());
  const std::string reference = to_text(view->head.reference);

  if (const auto whole = refuse_short_ids_unasked(context); !whole.ok())
    return report(context, whole.failure());
  const std::string& name = (*found)->name;
  const std::string what =
      one_line(signed_title(*view)) + ", " + one_line(view->head.issuer_domain) +
      (name.empty() ? "" : ", called \"" + one_line(name) + "\"") + "\n  " + reference + "\n";
  if (!context.yes && !confirm(what + "Erase it with its salt and key, for good?")) {
    return fail(context, ExitCode::kCancelled, nothing_was("erased"));
  }

  auto& credentials = wallet.contents().credentials;
  credentials.erase(credentials.begin() + (*found - credentials.data()));

  // The version before goes too: it holds what is to be erased (decision 1161).
  if (const ExitCode saved = wallet.save_and_forget(context); saved != ExitCode::kOk) return saved;

  return Reply{
      Json{{"erased", reference}},
      "erased " + reference + "; older backups may still hold it, and what was shown was seen\n"};
}

}  // namespace

void add_wallet_commands(Command app, Context& context, Run& run) {
  auto wallet =
      app.add_subcommand("wallet", "A learner's wallet: keys, backups, requests to issuers");
  wallet.require_subcommand(1);
  struct WalletOptions {
    Given<std::string> text, more, out;
  };
  auto given = std::make_shared<WalletOptions>();
  auto first = wallet.add_subcommand("init", "Make a wallet and its 24 recovery words");
  option(first, "--words-file", given->text,
         "Write the words to this file (mode 0600) instead of the terminal");
  first.callback(
      [&context, &run, given] { run = [&context, given] { return init(context, given->text); }; });
  wallet.add_subcommand("show", "What the wallet holds").callback([&context, &run] {
    run = [&context] { return show(context); };
  });
  auto asking =
      wallet.add_subcommand("request", "A fresh key for an issuer to bind a credential to");
  option(asking, "--issuer", given->text, "Id (tmi…) or domain").required();
  option(asking, "--student", given->more, "The reference by which the issuer knows you")
      .required();
  option(asking, "--out", given->out, "File to write").required();
  asking.callback([&context, &run, given] {
    run = [&context, given] { return request(context, given->text, given->more, given->out); };
  });
  wallet.add_subcommand("identity", "Print the age identity that opens backups")
      .callback([&context, &run] { run = [&context] { return identity(context); }; });
  auto saving = wallet.add_subcommand("backup", "Seal everything into one age file");
  option(saving, "file", given->text, "File to write").required();
  saving.callback([&context, &run, given] {
    run = [&context, given] { return backup(context, given->text); };
  });
  auto restoring =
      wallet.add_subcommand("restore", "From the 24 words, and a backup if there is one");
  option(restoring, "--words-file", given->text, "File with the words (default: asked)");
  option(restoring, "--backup", given->more, "Backup file");
  restoring.callback([&context, &run, given] {
    run = [&context, given] { return restore(context, given->text, given->more); };
  });
  add_passphrase_command(wallet, context, run);
  auto erasing = wallet.add_subcommand("erase", "Erase one credential with its salt and key");
  option(erasing, "reference", given->text, "urn:testamur:…, or its name").required();
  erasing.callback(
      [&context, &run, given] { run = [&context, given] { return erase(context, given->text); }; });
}

}  // namespace testamur::wallet
