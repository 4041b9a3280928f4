#include "wallet/cli/flow/awards/corrections.h"

#include <algorithm>
#include <filesystem>

#include "common/visible.h"
#include "wallet/cli/files/output.h"
#include "wallet/cli/flow/awards/batches.h"
#include "wallet/keystore/file.h"
#include "wallet/keystore/strict_json.h"

namespace testamur::wallet {
namespace {

constexpr std::size_t kMostNoteBytes = 4096;

const std::string kFolder = "issuer/corrections/";

std::string folder_of_notes(const Context& context) { return context.path(kFolder); }

Result<Correction> read_note(const std::string& file) {
  TM_TRY(const auto bytes, read_file(file, kMostNoteBytes));
  TM_TRY(const Json note, parse_strict_json(as_text(bytes)));
  const bool whole = note.is_object() && note.contains("old_batch") && note.contains("old_index") &&
                     note["old_batch"].is_string() && note["old_index"].is_number_unsigned() &&
                     (!note.contains("done") || note["done"].is_boolean());
  if (!whole) return error(file + ": is no note of a correction");
  return Correction{std::filesystem::path(file).stem().string(),
                    note["old_batch"].get<std::string>(), note["old_index"].get<std::uint64_t>(),
                    note.contains("done") && note["done"].get<bool>()};
}

}  // namespace

bool is_its(const Correction& correction, const AwardRecord& award) {
  return correction.old_batch == award.batch && !award.indexes.empty() &&
         award.indexes.front().value == correction.old_index;
}

Attempt<void> note_correction(const Context& context, const Correction& correction) {
  std::error_code failure;
  std::filesystem::create_directories(folder_of_notes(context), failure);
  if (failure)
    return Failure{ExitCode::kFailure,
                   "cannot create " + folder_of_notes(context) + ": " + failure.message()};
  const Json note{{"old_batch", correction.old_batch},
                  {"old_index", correction.old_index},
                  {"done", correction.done}};
  return or_exit(ExitCode::kFailure, write_home_file(context, kFolder + correction.batch + ".json",
                                                     as_bytes(note.dump(2))));
}

void forget_correction(const Context& context, const std::string& batch) {
  std::error_code ignored;
  std::filesystem::remove(context.path(kFolder + batch + ".json"), ignored);
}

void settle_corrections_of(const Context& context, const std::vector<AwardRecord>& awards,
                           bool are_superseded) {
  // A note that cannot be read is told by whoever needs it.
  const auto open = open_corrections(context);
  if (!open.ok()) return;
  for (auto note : *open) {
    const auto is_new = [&](const AwardRecord& award) { return award.batch == note.batch; };
    const auto is_old = [&](const AwardRecord& award) { return is_its(note, award); };
    const bool has_taken_it = std::ranges::any_of(awards, is_old) && are_superseded;
    if (has_taken_it) {
      note.done = true;
      (void)note_correction(context, note);
    } else if (std::ranges::any_of(awards, is_old) || std::ranges::any_of(awards, is_new)) {
      // The new award of a correction is the only one of its batch.
      forget_correction(context, note.batch);
    }
  }
}

Attempt<std::vector<Correction>> corrections(const Context& context) {
  std::vector<Correction> all;
  if (!is_there(folder_of_notes(context))) return all;
  TM_TRY(const auto batches, or_exit(ExitCode::kFailure, batch_names(context)));
  TM_TRY(const auto files, or_exit(ExitCode::kFailure, list_folder(folder_of_notes(context))));
  for (const auto& file : files) {
    const std::filesystem::path path(file);
    const bool has_batch = std::ranges::binary_search(batches, path.stem().string());
    if (path.extension() != ".json" || !has_batch) continue;
    TM_TRY(auto note, or_exit(ExitCode::kFailure, read_note(file)));
    all.push_back(std::move(note));
  }
  std::ranges::sort(all, {}, &Correction::batch);
  return all;
}

Attempt<std::vector<Correction>> open_corrections(const Context& context) {
  TM_TRY(auto open, corrections(context));
  std::erase_if(open, [](const Correction& each) { return each.done; });
  return open;
}

Attempt<std::optional<Correction>> open_correction_of(const Context& context,
                                                      const AwardRecord& award) {
  TM_TRY(const auto open, open_corrections(context));
  for (const auto& each : open) {
    if (is_its(each, award)) return std::optional(each);
  }
  return std::optional<Correction>{};
}

std::string to_text(const Correction& correction) {
  return "batch " + one_line(correction.batch) + " takes the place of the award with index " +
         std::to_string(correction.old_index) + " in batch " + one_line(correction.old_batch) +
         ", which is not superseded yet: the same testamur issuer correct again does only that";
}

}  // namespace testamur::wallet
