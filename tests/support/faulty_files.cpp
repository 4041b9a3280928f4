// The model of faulty_files.h. All state is behind one mutex, and every call that changes the disk
// passes begin(), which counts it and may be the one at which the power goes.
#include "tests/support/faulty_files.h"

#include <algorithm>
#include <random>

namespace testamur::test {
namespace {

using node::File;
using node::FileLock;
using node::kSectorBytes;
using node::OpenMode;

Error no_power() { return error("the disk has lost power"); }

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

std::uint64_t mix(std::uint64_t seed, const std::string& text) {
  std::uint64_t value = seed * 0x9e3779b97f4a7c15u + 1;
  for (const char c : text) value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
  return value;
}

void put(Bytes& content, std::uint64_t offset, ByteView bytes) {
  if (content.size() < offset + bytes.size()) content.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), content.begin() + static_cast<std::ptrdiff_t>(offset));
}

// What a crash leaves of a file: for every sector, some number of the un-synced writes to it, the
// first ones.
Bytes survivors(const DiskFile& file, std::uint64_t seed) {
  std::mt19937_64 random(seed);

  enum { kNothing, kPrefix, kSectors, kAll };
  const auto fate = random() % 4;
  Bytes content = file.durable;
  if (fate == kNothing) return content;

  std::map<std::uint64_t, std::uint64_t> kept;  // sector -> writes to it that survive
  for (const auto& write : file.unsynced) {
    if (write.bytes.empty()) continue;
    const auto last = (write.offset + write.bytes.size() - 1) / file.sector_bytes;
    for (auto sector = write.offset / file.sector_bytes; sector <= last; ++sector) ++kept[sector];
  }

  std::uint64_t until =
      fate == kPrefix && !kept.empty() ? random() % (kept.size() + 1) : kept.size();
  for (auto& [sector, count] : kept) {
    if (fate == kSectors) count = random() % (count + 1);
    if (fate == kPrefix) count = until > 0 ? (--until, count) : 0;
  }

  for (const auto& write : file.unsynced) {
    std::uint64_t at = write.offset;
    const std::uint64_t end = write.offset + write.bytes.size();
    while (at < end) {
      const auto sector = at / file.sector_bytes;
      const auto next = std::min(end, (sector + 1) * file.sector_bytes);
      if (kept[sector] > 0) {
        --kept[sector];
        put(content, at, ByteView(write.bytes).subspan(at - write.offset, next - at));
      }
      at = next;
    }
  }

  return content;
}

class DiskFileHandle final : public File {
 public:
  DiskFileHandle(FaultyDisk& disk, FaultyDisk::Handle file)
      : disk_(disk), file_(std::move(file)), epoch_(disk.epoch()) {}
  Status write_at(std::uint64_t offset, ByteView bytes) override {
    return disk_.write(epoch_, *file_, offset, bytes);
  }
  Status read_at(std::uint64_t offset, std::span<std::uint8_t> out) const override {
    TM_TRY(const auto count, disk_.read(*file_, offset, out));
    if (count != out.size()) return error("the file ends early");
    return {};
  }
  Status sync() override { return disk_.sync(epoch_, *file_); }
  Result<std::uint64_t> size() const override { return disk_.file_size(*file_); }

 private:
  FaultyDisk& disk_;
  FaultyDisk::Handle file_;
  std::uint64_t epoch_;
};

class DiskLock final : public FileLock {
 public:
  DiskLock(FaultyDisk& disk, std::string path)
      : disk_(disk), path_(std::move(path)), epoch_(disk.epoch()) {}
  DiskLock(const DiskLock&) = delete;
  DiskLock& operator=(const DiskLock&) = delete;
  ~DiskLock() override { disk_.unlock(epoch_, path_); }

 private:
  FaultyDisk& disk_;
  std::string path_;
  std::uint64_t epoch_;
};

class DiskFileSystem final : public node::FileSystem {
 public:
  explicit DiskFileSystem(FaultyDisk& disk) : disk_(disk) {}
  Result<std::unique_ptr<File>> open(const std::string& path, OpenMode mode) override {
    if (mode == OpenMode::kCreateNew && disk_.exists(path)) return error(path + " exists");
    TM_TRY(auto file, mode == OpenMode::kCreateNew ? disk_.create(path) : disk_.open(path));
    TM_TRY_STATUS(powered({}));
    return std::unique_ptr<File>(std::make_unique<DiskFileHandle>(disk_, std::move(file)));
  }
  bool exists(const std::string& path) const override {
    return disk_.exists(path) || disk_.is_directory(path);
  }
  Result<std::vector<std::string>> list(const std::string& directory) const override {
    TM_TRY_STATUS(powered({}));
    if (!disk_.is_directory(directory)) return error(directory + " does not exist");
    return disk_.list(directory);
  }
  Status create_directory(const std::string& directory) override {
    return powered(disk_.create_directory(directory));
  }
  Status rename(const std::string& from, const std::string& to) override {
    return powered(disk_.rename(from, to));
  }
  Status remove(const std::string& path) override { return powered(disk_.remove(path)); }
  Status sync_directory(const std::string& directory) override {
    return disk_.sync_directory(disk_.epoch(), directory);
  }
  Result<std::unique_ptr<FileLock>> lock(const std::string& path) override {
    TM_TRY_STATUS(powered({}));
    if (!disk_.try_lock(path)) return error(path + " is locked");
    return std::unique_ptr<FileLock>(std::make_unique<DiskLock>(disk_, path));
  }

 private:
  Status powered(Status status) const { return disk_.crashed() ? Status{no_power()} : status; }

  FaultyDisk& disk_;
};

}  // namespace

FaultyDisk::FaultyDisk() : file_system_(std::make_unique<DiskFileSystem>(*this)) {}
FaultyDisk::~FaultyDisk() = default;
node::FileSystem& FaultyDisk::file_system() { return *file_system_; }

Status FaultyDisk::begin(std::uint64_t epoch) {
  if (crashed_ || epoch != epoch_) return no_power();
  if (++operations_ == crash_at_) {
    crash_now(crash_seed_);
    return no_power();
  }
  return {};
}

void FaultyDisk::crash_now(std::uint64_t seed) {
  // A folder is written in order: a crash keeps the first changes of names and loses the rest.
  std::mt19937_64 random(mix(seed, "names"));
  const std::size_t kept = name_changes_.empty() ? 0 : random() % (name_changes_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i) name_changes_[i].apply(durable_names_);
  name_changes_.clear();

  afterlife_ = std::move(names_);
  names_.clear();

  std::map<Handle, Handle> after;  // one file may have two names
  for (auto& [path, file] : durable_names_) {
    auto& survivor = after[file];
    if (!survivor) {
      survivor = std::make_shared<DiskFile>();
      survivor->sector_bytes = file->sector_bytes;
      survivor->content = survivor->durable = survivors(*file, mix(seed, path));
    }
    file = survivor;
    names_[path] = survivor;
  }

  locks_.clear();
  ++epoch_;
  crash_at_ = 0;
  crashed_ = true;
}

void FaultyDisk::crash(std::uint64_t seed) {
  std::lock_guard hold(mutex_);
  if (!crashed_) crash_now(seed);
}

void FaultyDisk::crash_after(std::uint64_t operations, std::uint64_t seed) {
  std::lock_guard hold(mutex_);
  crash_at_ = operations_ + operations;
  crash_seed_ = seed;
}

bool FaultyDisk::crashed() const {
  std::lock_guard hold(mutex_);
  return crashed_;
}

void FaultyDisk::restart() {
  std::lock_guard hold(mutex_);
  TM_CHECK(crashed_);
  crashed_ = false;
  afterlife_.clear();
}

std::uint64_t FaultyDisk::operation_count() const {
  std::lock_guard hold(mutex_);
  return operations_;
}

bool FaultyDisk::is_stale(std::uint64_t epoch) const {
  std::lock_guard hold(mutex_);
  return crashed_ || epoch != epoch_;
}

std::uint64_t FaultyDisk::epoch() const {
  std::lock_guard hold(mutex_);
  return epoch_;
}

std::vector<std::string> FaultyDisk::paths() const {
  std::lock_guard hold(mutex_);
  std::vector<std::string> found;
  for (const auto& [path, file] : names_) found.push_back(path);
  return found;
}

std::uint64_t FaultyDisk::size(const std::string& path) const {
  std::lock_guard hold(mutex_);
  return names().at(path)->content.size();
}

void FaultyDisk::flip_bit(const std::string& path, std::uint64_t offset, unsigned bit) {
  std::lock_guard hold(mutex_);
  auto& file = *names_.at(path);
  file.content.at(offset) ^= static_cast<std::uint8_t>(1u << bit);
  file.durable = file.content;
}

void FaultyDisk::fill(const std::string& path, std::uint64_t offset, std::uint64_t count,
                      std::uint8_t value) {
  std::lock_guard hold(mutex_);
  auto& file = *names_.at(path);
  put(file.content, offset, Bytes(count, value));
  file.durable = file.content;
}

void FaultyDisk::cut(const std::string& path, std::uint64_t size) {
  std::lock_guard hold(mutex_);
  auto& file = *names_.at(path);
  file.content.resize(size);
  file.durable = file.content;
}

void FaultyDisk::erase(const std::string& path) {
  std::lock_guard hold(mutex_);
  names_.erase(path);
  durable_names_.erase(path);
}

Bytes FaultyDisk::content(const std::string& path) const {
  std::lock_guard hold(mutex_);
  return names_.at(path)->content;
}

std::map<std::string, Bytes> FaultyDisk::image() const {
  std::lock_guard hold(mutex_);
  std::map<std::string, Bytes> image;
  for (const auto& [path, file] : names_) image[path] = file->content;
  return image;
}

void FaultyDisk::restore_image(const std::map<std::string, Bytes>& image) {
  std::lock_guard hold(mutex_);
  names_.clear();
  name_changes_.clear();
  for (const auto& [path, content] : image) {
    auto file = std::make_shared<DiskFile>();
    file->content = file->durable = content;
    names_[path] = file;
  }
  durable_names_ = names_;
  locks_.clear();
  ++epoch_;
}

Result<FaultyDisk::Handle> FaultyDisk::open(const std::string& path) {
  std::lock_guard hold(mutex_);
  const auto found = names().find(path);
  if (found == names().end()) return error(path + " does not exist");
  return found->second;
}

Result<FaultyDisk::Handle> FaultyDisk::create(const std::string& path) {
  std::lock_guard hold(mutex_);
  (void)begin(epoch_);
  if (!directories_.contains(parent_of(path))) return error(parent_of(path) + " does not exist");
  auto file = std::make_shared<DiskFile>();
  change_names(path, [path, file](Names& names) { names[path] = file; });
  return file;
}

Status FaultyDisk::write(std::uint64_t epoch, DiskFile& file, std::uint64_t offset,
                         ByteView bytes) {
  std::lock_guard hold(mutex_);
  put(file.content, offset, bytes);
  if (crashed_ || epoch != epoch_) return no_power();  // a file of the afterlife
  // The write is under way when the power goes: parts of it may survive.
  file.unsynced.push_back({offset, to_bytes(bytes)});
  return begin(epoch);
}

Status FaultyDisk::truncate(std::uint64_t epoch, DiskFile& file, std::uint64_t size) {
  std::lock_guard hold(mutex_);
  file.content.resize(size);
  TM_TRY_STATUS(begin(epoch));
  file.durable.resize(std::min<std::uint64_t>(size, file.durable.size()));
  std::erase_if(file.unsynced, [&](const auto& write) { return write.offset >= size; });
  for (auto& write : file.unsynced)
    write.bytes.resize(std::min<std::uint64_t>(write.bytes.size(), size - write.offset));
  return {};
}

Status FaultyDisk::sync(std::uint64_t epoch, DiskFile& file) {
  std::lock_guard hold(mutex_);
  TM_TRY_STATUS(begin(epoch));
  for (const auto& write : file.unsynced) put(file.durable, write.offset, write.bytes);
  file.unsynced.clear();
  return {};
}

Result<std::size_t> FaultyDisk::read(const DiskFile& file, std::uint64_t offset,
                                     std::span<std::uint8_t> out) const {
  std::lock_guard hold(mutex_);
  if (offset >= file.content.size()) return std::size_t{0};
  const auto count = std::min<std::uint64_t>(out.size(), file.content.size() - offset);
  std::copy_n(file.content.begin() + static_cast<std::ptrdiff_t>(offset), count, out.begin());
  return static_cast<std::size_t>(count);
}

Result<std::uint64_t> FaultyDisk::file_size(const DiskFile& file) const {
  std::lock_guard hold(mutex_);
  return static_cast<std::uint64_t>(file.content.size());
}

bool FaultyDisk::exists(const std::string& path) const {
  std::lock_guard hold(mutex_);
  return names().contains(path);
}

bool FaultyDisk::is_directory(const std::string& path) const {
  std::lock_guard hold(mutex_);
  return directories_.contains(path);
}

std::vector<std::string> FaultyDisk::list(const std::string& directory) const {
  std::lock_guard hold(mutex_);
  std::vector<std::string> found;
  const auto prefix = directory + "/";
  const auto add = [&](const std::string& path) {
    if (path.starts_with(prefix) && path.find('/', prefix.size()) == std::string::npos) {
      found.push_back(path.substr(prefix.size()));
    }
  };
  for (const auto& [path, file] : names()) add(path);
  for (const auto& path : directories_) add(path);
  std::sort(found.begin(), found.end());
  return found;
}

// Directories are durable at once: what interests here happens inside them.
Status FaultyDisk::create_directory(const std::string& path) {
  std::lock_guard hold(mutex_);
  for (std::string part = path; !part.empty(); part = parent_of(part)) directories_.insert(part);
  return {};
}

Status FaultyDisk::rename(const std::string& from, const std::string& to) {
  std::lock_guard hold(mutex_);
  (void)begin(epoch_);
  if (!names().contains(from)) return error(from + " does not exist");
  change_names(to, [from, to](Names& names) {
    const auto found = names.find(from);
    if (found == names.end()) return;
    names[to] = found->second;
    names.erase(from);
  });
  return {};
}

Status FaultyDisk::link(const std::string& from, const std::string& to) {
  std::lock_guard hold(mutex_);
  (void)begin(epoch_);
  const auto found = names().find(from);
  if (found == names().end()) return error(from + " does not exist");
  change_names(to, [file = found->second, to](Names& names) { names[to] = file; });
  return {};
}

Status FaultyDisk::remove(const std::string& path) {
  std::lock_guard hold(mutex_);
  (void)begin(epoch_);
  if (!names().contains(path)) return error(path + " does not exist");
  change_names(path, [path](Names& names) { names.erase(path); });
  return {};
}

Status FaultyDisk::sync_directory(std::uint64_t epoch, const std::string& directory) {
  std::lock_guard hold(mutex_);
  TM_TRY_STATUS(begin(epoch));
  std::erase_if(name_changes_, [&](const NameChange& change) {
    if (change.directory != directory) return false;
    change.apply(durable_names_);
    return true;
  });
  return {};
}

void FaultyDisk::change_names(const std::string& path, std::function<void(Names&)> change) {
  change(names());
  if (!crashed_) name_changes_.push_back({parent_of(path), std::move(change)});
}

bool FaultyDisk::try_lock(const std::string& path) {
  std::lock_guard hold(mutex_);
  return !crashed_ && locks_.insert(path).second;
}

void FaultyDisk::unlock(std::uint64_t epoch, const std::string& path) {
  std::lock_guard hold(mutex_);
  if (epoch == epoch_) locks_.erase(path);
}

}  // namespace testamur::test
