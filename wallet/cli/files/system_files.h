// Files that nobody put into a folder: what file managers, archives and editors leave in it without
// being asked. Whoever reads a whole folder passes them over, and says so. Pure; any thread.
#pragma once

#include <string>

namespace testamur::wallet {

// By the name alone: hidden files, desktop.ini, Thumbs.db, __MACOSX and their like.
bool is_of_the_system(const std::string& path);

}  // namespace testamur::wallet
