#include "wallet/cli/flow/own_credentials.h"

#include <algorithm>

#include "common/text.h"
#include "common/visible.h"
#include "wallet/cli/description/render.h"
#include "wallet/cli/short_id.h"
#include "wallet/credential/class_list.h"
#include "wallet/credential/credential.h"
#include "wallet/credential/last_day.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMaxNameBytes = 100;

std::string reference_of(const StoredCredential& stored) {
  const auto view = read_credential(stored.sd_jwt);
  return view.ok() ? to_text(view->head.reference) : std::string{};
}

// Whether it is the reference as it is shown where there is no room: ids cut short with dots, the
// index whole.
bool is_shortened(const std::string& named, const std::string& reference) {
  const auto parts_of = [](std::string_view text) {
    std::vector<std::string_view> parts;
    for (std::size_t at = 0; at != std::string_view::npos;) {
      const auto end = text.find(':', at);
      parts.push_back(text.substr(at, end == std::string_view::npos ? end : end - at));
      at = end == std::string_view::npos ? end : end + 1;
    }
    return parts;
  };

  const auto typed = parts_of(named);
  const auto whole = parts_of(reference);
  if (typed.size() != whole.size()) return false;
  for (std::size_t i = 0; i < typed.size(); ++i) {
    if (typed[i] == whole[i]) continue;
    const auto prefix = whole[i].substr(0, whole[i].find('1'));
    const bool is_cut = is_short_id(typed[i], prefix) && prefix.starts_with("tm") &&
                        complete_id("", typed[i], prefix, {std::string(whole[i])}).ok();
    if (!is_cut) return false;
  }
  return true;
}

// Where `named` stands among the credentials; their number where it does not. A name cannot look
// like a reference, so that there is never a second one.
std::size_t place_of(const WalletContents& wallet, const std::string& named) {
  // One letter may be typed in two forms.
  const std::string name = canonical_reference(named);
  const auto found = std::ranges::find_if(wallet.credentials, [&](const auto& stored) {
    return (!stored.name.empty() && stored.name == name) || reference_of(stored) == named;
  });
  if (found != wallet.credentials.end() || !named.starts_with("urn:"))
    return static_cast<std::size_t>(found - wallet.credentials.begin());

  // Two ledgers or issuers may begin alike: then neither is meant.
  std::vector<std::size_t> begun;
  for (std::size_t i = 0; i < wallet.credentials.size(); ++i) {
    if (is_shortened(named, reference_of(wallet.credentials[i]))) begun.push_back(i);
  }
  return begun.size() == 1 ? begun.front() : wallet.credentials.size();
}

Failure unknown(const std::string& named) {
  return Failure{ExitCode::kUnknown, "the wallet holds no credential " + in_quotes(named) +
                                         ": testamur credential list names them"};
}

Status check_name(const std::string& name) {
  const std::string shown = "the name " + in_quotes(name) + " ";
  if (name.empty()) return error("a credential's name is empty: give it one");
  if (name.size() > kMaxNameBytes)
    return error(shown + "is longer than " + std::to_string(kMaxNameBytes) + " bytes");
  if (const auto fault = find_fault(name)) return error(shown + "holds " + to_text(*fault));

  // Whoever types one must not mean the other.
  if (skeleton(name).starts_with("urn:"))
    return error(shown + "begins as a reference does: choose another");
  return {};
}

}  // namespace

std::string signed_title(const CredentialView& view) {
  const auto title = view.disclosed.find(ClaimId::kTitle);
  return title == view.disclosed.end() ? std::string{}
                                       : to_display(kind_of(ClaimId::kTitle), title->second);
}

Attempt<const StoredCredential*> find_credential(const WalletContents& wallet,
                                                 const std::string& named) {
  const auto& credentials = wallet.credentials;
  if (!named.empty()) {
    const auto place = place_of(wallet, named);
    if (place == credentials.size()) return unknown(named);
    return &credentials[place];
  }

  if (credentials.size() == 1) return &credentials.front();
  if (credentials.empty())
    return Failure{ExitCode::kUnknown,
                   "the wallet holds no credential yet: testamur credential import FILE"};
  return error("the wallet holds " + std::to_string(credentials.size()) +
               " credentials: name one by its name or reference (testamur credential list)");
}

Attempt<StoredCredential*> rename_credential(WalletContents& wallet, const std::string& old,
                                             const std::string& typed) {
  const auto place = place_of(wallet, old);
  if (old.empty() || place == wallet.credentials.size()) return unknown(old);
  auto& renamed = wallet.credentials[place];

  const std::string name = canonical_reference(typed);
  TM_TRY_STATUS(check_name(name));
  if (renamed.name == name)
    return error("this credential is called \"" + name + "\" already; nothing was changed");

  // Two names that people take for each other are as bad as one name twice.
  for (const auto& other : wallet.credentials) {
    if (&other == &renamed || other.name.empty() || skeleton(other.name) != skeleton(name))
      continue;
    return error("another credential is called \"" + other.name + "\"" +
                 (other.name == name ? "" : ", which is nearly \"" + name + "\"") +
                 ": choose another name; nothing was changed");
  }

  renamed.name = name;
  return &renamed;
}

namespace {

// It may have been erased since; what was shown of it was seen.
const StoredCredential* credential_of(const WalletContents& wallet, const Grant& grant) {
  const auto found = std::ranges::find_if(wallet.credentials, [&](const auto& stored) {
    return reference_of(stored) == grant.reference;
  });
  return found == wallet.credentials.end() ? nullptr : &*found;
}

std::string title_of(const StoredCredential& stored) {
  const auto view = read_credential(stored.sd_jwt);
  return view.ok() ? signed_title(*view) : std::string{};
}

}  // namespace

std::string grant_text(const WalletContents& wallet, const Grant& grant, bool is_named) {
  std::string text =
      "  shown to       " + one_line(grant.audience) + " on " + date_text(grant.made_at_ms) +
      (grant.ends_at_ms == 0 ? "" : ", last day: " + last_day_text(grant.ends_at_ms)) + "\n";
  if (!is_named) {
    const auto* stored = credential_of(wallet, grant);
    const auto title = stored == nullptr ? std::string{} : title_of(*stored);
    text += "    of           " +
            (stored != nullptr && !stored->name.empty() ? "\"" + one_line(stored->name) + "\", "
                                                        : std::string{}) +
            (title.empty() ? std::string{} : one_line(title) + ", ") + one_line(grant.reference) +
            (stored == nullptr ? " (no more in the wallet)" : "") + "\n";
  }

  std::string claims;
  for (const auto& name : grant.disclosed) claims += (claims.empty() ? "" : ", ") + one_line(name);
  return text + "    claims       " +
         (claims.empty() ? "none, only that the award exists" : claims) + "\n";
}

Json grant_json(const WalletContents& wallet, const Grant& grant) {
  const auto* stored = credential_of(wallet, grant);
  Json json{{"reference", grant.reference},
            {"audience", grant.audience},
            {"claims", grant.disclosed},
            {"made_at_ms", grant.made_at_ms},
            {"in_wallet", stored != nullptr}};
  if (stored != nullptr && !stored->name.empty()) json["name"] = stored->name;
  if (stored != nullptr) json["title"] = title_of(*stored);
  if (grant.ends_at_ms != 0) json["ends_at_ms"] = grant.ends_at_ms;
  return json;
}

std::vector<Grant> grants_of(const WalletContents& wallet, const std::string& reference) {
  std::vector<Grant> grants;
  std::ranges::copy_if(wallet.grants, std::back_inserter(grants),
                       [&](const Grant& grant) { return grant.reference == reference; });
  return grants;
}

}  // namespace testamur::wallet
