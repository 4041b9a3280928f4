// Reads the segments of a journal in order and finds its end (docs/formats/journal.md, "Recovery").
// A crash may leave any part of the one group whose sync never returned, behind all others;
// everything else that does not fit is corruption. Nothing on disk is changed before all was read
// and judged.
#include "node/store/journal_recovery.h"

#include <algorithm>
#include <charconv>

#include "node/store/journal_format.h"

namespace testamur::node {
namespace {

namespace format = journal_format;

class Recovery {
 public:
  Recovery(FileSystem& files, const std::string& directory, const JournalId& id,
           const JournalOptions& options, const Journal::Replay& replay, Recovering purpose)
      : files_(files),
        directory_(directory),
        id_(id),
        options_(options),
        replay_(replay),
        purpose_(purpose) {}

  Result<RecoveredJournal> run() {
    TM_TRY_STATUS(find_segments());
    for (std::size_t i = 0; i < found_.segments.size(); ++i) {
      TM_TRY_STATUS(read_segment(found_.segments[i], i + 1 == found_.segments.size()));
    }
    return std::move(found_);
  }

 private:
  Error corrupt(std::uint64_t offset, const std::string& what) const {
    return error("the journal is corrupt: " + path_ + ", offset " + std::to_string(offset) + ": " +
                 what + ". Nothing was changed. Look for a failing disk, keep a copy of " +
                 directory_ + ", then restore this node from a backup (it begins in quarantine)");
  }

  Status find_segments() {
    TM_TRY(const auto names, files_.list(directory_));
    for (const auto& name : names) {
      if (!name.ends_with(".seg")) continue;

      std::uint64_t number = 0;
      const auto parsed = std::from_chars(name.data(), name.data() + name.size() - 4, number, 16);

      path_ = directory_ + "/" + name;
      if (parsed.ec != std::errc{} || name != segment_file_name(number))
        return corrupt(0, "the name is not a segment's");
      found_.segments.push_back(number);
    }

    std::sort(found_.segments.begin(), found_.segments.end());

    // Segments are removed oldest first, each durably, so no crash leaves a gap.
    for (std::size_t i = 1; i < found_.segments.size(); ++i) {
      if (found_.segments[i] == found_.segments[i - 1] + 1) continue;
      path_ = directory_ + "/" + segment_file_name(found_.segments[i - 1] + 1);
      return corrupt(0, "the segment file is missing");
    }
    return {};
  }

  Status read_segment(std::uint64_t number, bool is_last) {
    path_ = directory_ + "/" + segment_file_name(number);
    TM_TRY(auto file, files_.open(path_, OpenMode::kExisting));
    TM_TRY(const auto size, file->size());

    if (size == 0 || size % Journal::kBlockBytes != 0)
      return corrupt(size, "the segment file is cut short");

    bytes_.resize(size);
    TM_TRY_STATUS(file->read_at(0, bytes_));

    std::uint64_t end = 0;
    TM_TRY_STATUS(read_groups(number, end));

    // Only the last segment can end in a group that was never synced: a later one was begun after
    // that.
    if (is_last) {
      TM_TRY_STATUS(clean_tail(*file, end));
    } else if (!format::is_zero(tail(end))) {
      return corrupt(end, "the group here is incomplete although a later segment exists");
    } else if (end == 0) {
      return corrupt(0, "the segment is empty although a later one exists");
    }

    found_.end = end;
    return {};
  }

  // Moves `end` behind the last complete group.
  Status read_groups(std::uint64_t number, std::uint64_t& end) {
    while (end < bytes_.size() && !format::is_zero(sector(end))) {
      // A sector that was written begins with a marker, and a marker is not zero.
      if (bytes_[end] == 0) return corrupt(end, "the sector is damaged");

      auto header = format::decode_header(sector(end));
      if (!header.ok()) return corrupt(end, header.message());

      // The length comes from disk: no memory is taken for more than a group may have.
      const auto extent = format::encoded_bytes(header->payload_bytes);
      if (extent > options_.max_group_bytes || extent > bytes_.size() - end)
        return corrupt(end, "the group is too long");

      TM_TRY_STATUS(check_chain(*header, number, end));
      auto body = format::decode_body(*header, ByteView(bytes_).subspan(end, extent));
      if (!body.ok()) return corrupt(end, body.message());

      // Its sync never returned, or a later group will show that it did: clean_tail() decides.
      if (body->lacking_sector) return {};

      TM_TRY_STATUS(replay_group(*header, body->payload, end));

      ++found_.group_count;
      found_.next_sequence = header->sequence + 1;
      found_.last_digest = header->digest;
      end += extent;
    }
    return {};
  }

  Status check_chain(const format::GroupHeader& header, std::uint64_t number,
                     std::uint64_t at) const {
    if (header.journal != id_) return corrupt(at, "the group belongs to another journal");
    if (header.segment != number) return corrupt(at, "the group belongs to another segment");
    const bool is_first_kept = found_.group_count == 0 && number != 1;
    if (is_first_kept) return {};
    if (header.sequence != found_.next_sequence || header.previous != found_.last_digest) {
      return corrupt(at, "the group does not continue the one before it");
    }
    return {};
  }

  Status replay_group(const format::GroupHeader& header, ByteView payload, std::uint64_t at) {
    auto records = format::decode_records(payload, header.record_count);
    if (!records.ok()) return corrupt(at, records.message());
    for (const auto& record : *records) {
      const JournalPosition position{header.segment, static_cast<std::uint32_t>(at), record.offset};
      TM_TRY_STATUS(replay_(position, record.type, record.bytes));
    }
    return {};
  }

  // What follows `end` may be parts of one group whose sync never returned. Anything else was
  // durable once.
  Status clean_tail(File& file, std::uint64_t end) {
    if (format::is_zero(tail(end))) return {};

    const auto limit = std::min<std::uint64_t>(bytes_.size(), end + options_.max_group_bytes);
    for (std::uint64_t at = end; at < bytes_.size(); at += kSectorBytes) {
      if (format::is_zero(sector(at))) continue;
      const auto marker = bytes_[at];

      // The next group is begun after the sync of the one before, so this one was durable.
      if (marker == format::kHeaderMarker && at != end) {
        return corrupt(end, "the group here is incomplete although a later one exists at offset " +
                                std::to_string(at));
      }

      if (at >= limit)
        return corrupt(at, "there is data far beyond the end at offset " + std::to_string(end));
      if (marker != format::kBodyMarker && marker != format::kHeaderMarker)
        return corrupt(at, "the sector is damaged");
    }

    if (purpose_ == Recovering::kToLook) return {};
    // Cleared now: the next group must not be followed by parts of this one.
    const Bytes zeros(limit - end);
    TM_TRY_STATUS(file.write_at(end, zeros));
    return file.sync();
  }

  ByteView sector(std::uint64_t at) const { return ByteView(bytes_).subspan(at, kSectorBytes); }
  ByteView tail(std::uint64_t from) const { return ByteView(bytes_).subspan(from); }

  FileSystem& files_;
  const std::string& directory_;
  const JournalId& id_;
  const JournalOptions& options_;
  const Journal::Replay& replay_;
  const Recovering purpose_;
  RecoveredJournal found_;
  std::string path_;
  Bytes bytes_;
};

}  // namespace

Result<RecoveredJournal> recover_journal(FileSystem& files, const std::string& directory,
                                         const JournalId& id, const JournalOptions& options,
                                         const Journal::Replay& replay, Recovering purpose) {
  return Recovery(files, directory, id, options, replay, purpose).run();
}

}  // namespace testamur::node
