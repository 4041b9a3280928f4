#include "node/validator/vote_note.h"

#include <algorithm>
#include <sstream>

#include "files/durable_file.h"
#include "files/paths.h"

namespace testamur::node {

namespace fs = std::filesystem;

namespace {

constexpr mode_t kMode = 0600;
constexpr std::string_view kBegin =
    "# With which vote store the key beside this was used last. testamurd writes it: leave it with "
    "the key, and never copy it alone.\n";

template <class Value>
std::optional<Value> fixed_of(const std::string& digits) {
  const auto bytes = from_hex(digits);
  return bytes ? Value::from(*bytes) : std::nullopt;
}

std::optional<VoteNote> parse(const std::string& text) {
  if (!text.starts_with(kBegin)) return std::nullopt;
  std::istringstream words(text.substr(kBegin.size()));
  VoteNote note;
  bool complete = false;
  for (std::string name, value; words >> name >> value;) {
    if (name == "vote-store") {
      const auto journal = fixed_of<JournalId>(value);
      if (!journal) return std::nullopt;
      note.journal = *journal;
    } else if (name == "groups") {
      if (value.size() > 19 || value.find_first_not_of("0123456789") != std::string::npos)
        return std::nullopt;
      note.groups = std::stoull(value);
      complete = true;
    } else if (name == "key") {
      const auto key = fixed_of<ConsensusPublicKey>(value);
      if (!key) return std::nullopt;
      note.keys.push_back(*key);
    } else {
      return std::nullopt;
    }
  }
  return complete && !note.keys.empty() ? std::optional(note) : std::nullopt;
}

}  // namespace

fs::path vote_note_of(const fs::path& consensus_key) { return consensus_key.string() + ".votes"; }

Result<std::optional<VoteNote>> read_vote_note(const fs::path& file) {
  if (!is_there(file)) return std::optional<VoteNote>{};
  TM_TRY(const auto text, read_text(file));
  auto note = parse(text);
  if (note) return note;
  return error(file.string() +
               " is damaged: it says with which vote store the key beside it voted last. Move it "
               "away if node.data_dir is the one with which this node ran last; else name that one "
               "first");
}

Status write_vote_note(const fs::path& file, const VoteNote& note) {
  std::string text(kBegin);
  text += "vote-store " + note.journal.hex() + "\ngroups " + std::to_string(note.groups) + "\n";
  for (const auto& key : note.keys) text += "key " + key.hex() + "\n";
  return overwrite_file(file, as_bytes(text), kMode);
}

bool contradicts(const VoteNote& note, const ConsensusPublicKey& key, const JournalId& journal,
                 std::uint64_t groups) {
  if (std::ranges::find(note.keys, key) == note.keys.end()) return false;
  return note.journal != journal || groups < note.groups;
}

}  // namespace testamur::node
