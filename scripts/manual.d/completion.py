"""Completion for bash, zsh and fish. All three go through what is typed in the same way: a word that is a command of the command
before it goes one step down, the value of an option is passed over, and `help` is followed by the words of any command. Then
they offer the commands and options of where they are, and names of files and folders where one is taken."""

import re

from tree import GENERAL

MADE = "made by scripts/manual from what the program says of itself"


def quoted(text):
    """For bash and zsh: one word, as it is."""
    return "'" + text.replace("'", "'\\''") + "'"


def general_of(top):
    return top.options if top.program in GENERAL else []


def own_of(top, command):
    """The options that one command has beside the general ones."""
    return [] if command is top and general_of(top) else command.options


BASH = """# Completion of @NAME@ for bash, @MADE@.

# What a command takes; fails where there is no such command.
_@NAME@_command() {
  commands='' positional=''
@GENERAL@
  case "$1" in
@CASES@
    *) return 1 ;;
  esac
}

_@NAME@() {
  local commands positional flags values files folders
  local typed='' option='' word i current=${COMP_WORDS[COMP_CWORD]}
  _@NAME@_command ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ " $values $files $folders " == *" $word "* ]]; then
      # Bash makes three words of --option=value.
      option=$word
      i=$((i + 1))
      if [ "${COMP_WORDS[i]}" = = ] && [ "$i" -lt "$COMP_CWORD" ]; then i=$((i + 1)); fi
      if [ "$i" -lt "$COMP_CWORD" ]; then option=''; fi
    elif [ "$typed $word" != ' @HELP@' ] && _@NAME@_command "${typed:+$typed }$word"; then
      typed="${typed:+$typed }$word"
    else
      _@NAME@_command "$typed"
    fi
  done
  [ "$current" != = ] || current=''

  local kind=words words=$commands
  if [ -n "$option" ]; then
    words=''
    if [[ " $files " == *" $option "* ]]; then kind='file'; fi
    if [[ " $folders " == *" $option "* ]]; then kind=directory; fi
  elif [[ $current == -* || -z $commands$positional ]]; then
    words="$flags $values $files $folders"
  elif [ "$positional" = file ]; then
    kind='file'
  fi
  if [ "$kind" = words ]; then
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -A "$kind" -- "$current")
  fi
}
complete -F _@NAME@ @NAME@
"""


def bash_options(options, sign):
    """Assignments to the lists of options: flags, and options whose value is a text, a file or a folder."""
    lists = {"flags": "", "values": "value", "files": "file", "folders": "folder"}
    names = {each: " ".join(name for row in options if row.kind == kind for name in row.names) for each, kind in lists.items()}
    return " ".join(f"{each}{sign}{quoted((' ' if sign == '+=' else '') + words)}" for each, words in names.items()
                    if words or sign == "=")


def bash_case(top, command):
    parts = [bash_options(own_of(top, command), "+=")]
    if command.commands:
        parts.append("commands=" + quoted(" ".join(child.path[-1] for child in command.commands)))
    if command.positionals:
        parts.append("positional=" + quoted("file" if command.takes_file() else "other"))
    return " ".join(["   ", quoted(" ".join(command.path)) + ")", *filter(None, parts), ";;"])


def bash(top):
    return filled(BASH, top, GENERAL="  " + bash_options(general_of(top), "="),
                  CASES="\n".join(bash_case(top, command) for command in top.all()))


ZSH = """#compdef @NAME@
# Completion of @NAME@ for zsh, @MADE@.

# What a command takes, as _arguments reads it; fails where there is no such command.
_@NAME@_command() {
  commands=()
  specs=(
@GENERAL@
  )
  case $1 in
@CASES@
    *) return 1 ;;
  esac
}

_@NAME@() {
  local -a commands specs line
  local -A opt_args
  local typed word state state_descr context curcontext=$curcontext
  integer i last=1
  _@NAME@_command ''
  for ((i = 2; i < CURRENT; i++)); do
    word=${words[i]}
    if [[ -n ${(M)specs:#(\\*|)${(b)word}=\\[*} ]]; then
      i+=1
    elif [[ "$typed $word" == ' @HELP@' ]]; then
      last=i
    elif _@NAME@_command "${typed:+$typed }$word"; then
      typed="${typed:+$typed }$word"
      last=i
    else
      _@NAME@_command "$typed"
    fi
  done

  # What remains is what stands behind the command.
  words=("${words[1]}" "${(@)words[last + 1, -1]}")
  CURRENT=$((CURRENT - last + 1))
  if (($#commands)); then specs+=('1:command:->commands'); fi
  _arguments -C "${specs[@]}" && return
  if [[ $state == commands ]]; then _describe -t commands command commands; fi
}

_@NAME@ "$@"
"""

ZSH_ACTIONS = {"file": "_files", "folder": "_files -/", "value": " "}


def zsh_option(row):
    about = row.about.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    for name in row.names:
        if row.value:
            yield quoted(f"{'*' if row.many else ''}{name}=[{about}]:{name.lstrip('-')}:{ZSH_ACTIONS[row.kind]}")
        else:
            yield quoted(f"{name}[{about}]")


def zsh_positional(row):
    return quoted(f"{'*:' if row.many else ':' if row.required else '::'}{row.name}:{ZSH_ACTIONS[row.kind]}")


def zsh_case(top, command):
    specs = [spec for row in own_of(top, command) for spec in zsh_option(row)] + [zsh_positional(row) for row in command.positionals]
    parts = [f"      specs+=(\n{lines(specs)}\n      )"] if specs else []
    if command.commands:
        children = [quoted(f"{child.path[-1]}:{child.about}") for child in command.commands]
        parts.append(f"      commands=(\n{lines(children)}\n      )")
    return "\n".join([f"    {quoted(' '.join(command.path))})", *parts, "      ;;"])


def lines(words):
    return "\n".join(f"        {word}" for word in words)


def zsh(top):
    general = lines([spec for row in general_of(top) for spec in zsh_option(row)])
    return filled(ZSH, top, GENERAL=general, CASES="\n".join(zsh_case(top, command) for command in top.all()))


FISH = """# Completion of @NAME@ for fish, @MADE@.

# The command that is typed in these words.
function __@NAME@_typed
    set -l commands @COMMANDS@
    set -l valued @VALUED@
    set -l typed ''
    set -l value no
    for word in $argv[2..-1]
        set -l next (string trim -- "$typed $word")
        if test $value = yes
            set value no
        else if contains -- $word $valued
            set value yes
        else if test "$next" != @HELP@; and contains -- $next $commands
            set typed $next
        end
    end
    echo $typed
end

# Whether this command is the one that is typed so far. It is asked of every command, and reckoned once a line.
function __@NAME@_at
    set -l words (commandline -opc)
    if test "$words" != "$__@NAME@_words"
        set -g __@NAME@_words $words
        set -g __@NAME@_now (__@NAME@_typed $words)
    end
    test "$__@NAME@_now" = "$argv"
end

complete -c @NAME@ -f
@GENERAL@
@CASES@
"""

FISH_VALUES = {"file": " -r -F", "folder": " -x -a '(__fish_complete_directories)'", "value": " -x", "": ""}


def fish_word(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_line(top, where, what, about=""):
    condition = "" if where is None else " -n " + fish_word(" ".join([f"__{top.program}_at", *where.path]))
    return f"complete -c {top.program}{condition} {what}" + (f" -d {fish_word(about)}" if about else "")


def fish_option(top, where, row):
    """The line of one option; of a general one where `where` is None."""
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in row.names)
    return fish_line(top, where, names + FISH_VALUES[row.kind], row.about)


def fish_case(top, command):
    rows = [fish_line(top, command, f"-a {child.path[-1]}", child.about) for child in command.commands]
    rows += [fish_option(top, command, row) for row in own_of(top, command)]
    return rows + ([fish_line(top, command, "-F")] if command.takes_file() else [])


def fish(top):
    commands = [fish_word(" ".join(command.path)) for command in top.all() if command is not top]
    valued = {name for command in top.all() for row in command.options if row.value for name in row.names}
    return filled(FISH, top, COMMANDS=" ".join(commands), VALUED=" ".join(sorted(valued)),
                  GENERAL="\n".join(fish_option(top, None, row) for row in general_of(top)),
                  CASES="\n".join(row for command in top.all() for row in fish_case(top, command)))


def help_before_commands(top):
    """The word that the words of any command may follow; where `help` takes none, one that nobody types."""
    return "help" if top.program in GENERAL else "--"


def filled(template, top, **parts):
    """The template with its parts put in, in one go; a line of an empty part falls out."""
    parts |= {"NAME": top.program, "MADE": MADE, "HELP": help_before_commands(top)}
    return re.sub(r"@([A-Z]+)@(\n?)", lambda found: parts[found[1]] + (found[2] if parts[found[1]] else ""), template)


def completions(top):
    """The files of one program: {name: text}. zsh finds a file by the name of its function."""
    return {f"{top.program}.bash": bash(top), f"_{top.program}": zsh(top), f"{top.program}.fish": fish(top)}
