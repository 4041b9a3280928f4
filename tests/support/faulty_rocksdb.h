// RocksDB on a FaultyDisk: a FileSystemWrapper whose files live there and forget at a crash what
// was not synced.
#pragma once

#include <rocksdb/env.h>

#include <memory>

#include "tests/support/faulty_files.h"

namespace testamur::test {

// For StoreOptions::env. The disk is borrowed and must outlive it; the environment must outlive the
// store.
std::unique_ptr<rocksdb::Env> make_faulty_env(FaultyDisk& disk);

}  // namespace testamur::test
