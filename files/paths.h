// Looking at paths without exceptions: the short forms of std::filesystem throw where a folder may
// not be entered, and a node that another user starts would abort. In node/ only the forms with an
// error code are used (scripts/lint.py). Changes nothing; any thread.
#pragma once

#include <filesystem>
#include <string>

#include "common/result.h"

namespace testamur::inline files {

// Whether something has this name, also where the system refuses to say: whoever goes on then is
// told why, and nothing is taken for missing that may be there.
bool is_there(const std::filesystem::path& path);
bool is_folder(const std::filesystem::path& path);
// From the root on and without dots; as it was where there is no working directory.
std::filesystem::path whole_path(const std::filesystem::path& path);

// Fails where a folder, a device or a pipe has this name, or the system does not say: reading one
// would wait for ever, or never end. What is not there passes. `named` begins the sentence, as
// "the key file".
Status check_regular(const std::string& named, const std::filesystem::path& file);

}  // namespace testamur::inline files
