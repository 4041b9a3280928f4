# Completion of testamurd for bash, made by scripts/manual from what the program says of itself.

# What a command takes; fails where there is no such command.
_testamurd_command() {
  commands='' positional=''
  flags='' values='' files='' folders=''
  case "$1" in
    '') flags+=' --dev --no-sample-data --version' values+=' --api' folders+=' --dir' commands='run check-config version help backup restore resume-voting new-key ready decisions init join genesis recover replace' ;;
    'run') files+=' --config' ;;
    'check-config') files+=' --config' ;;
    'version') ;;
    'help') positional='other' ;;
    'backup') files+=' --config' folders+=' --to' ;;
    'restore') values+=' --height' files+=' --config' folders+=' --from' ;;
    'resume-voting') flags+=' --i-destroyed-the-other-copy' values+=' --sign-from' files+=' --config' ;;
    'new-key') files+=' --config --out' positional='other' ;;
    'ready') flags+=' --dry-run' files+=' --config' ;;
    'decisions') commands='export' ;;
    'decisions export') values+=' --issuer --scope --outcome --from --to' files+=' --config --out' ;;
    'init') flags+=' --observer --accreditor' values+=' --name --language --country --domain --ror --eter --lei --deqar --peer-address --api-address --metrics-address --second-node-of' files+=' --config --genesis --party' folders+=' --dir --with-issuer-keys' ;;
    'join') values+=' --institution' files+=' --config --genesis --party' folders+=' --dir' ;;
    'genesis') commands='recover' ;;
    'genesis recover') values+=' --height --keep' files+=' --config' folders+=' --from' positional='file' ;;
    'recover') values+=' --height' files+=' --config --genesis' folders+=' --from' ;;
    'replace') values+=' --institution --chain --peer-address --api-address --metrics-address' files+=' --config' folders+=' --dir' ;;
    *) return 1 ;;
  esac
}

_testamurd() {
  local commands positional flags values files folders
  local typed='' option='' word i current=${COMP_WORDS[COMP_CWORD]}
  _testamurd_command ''
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ " $values $files $folders " == *" $word "* ]]; then
      # Bash makes three words of --option=value.
      option=$word
      i=$((i + 1))
      if [ "${COMP_WORDS[i]}" = = ] && [ "$i" -lt "$COMP_CWORD" ]; then i=$((i + 1)); fi
      if [ "$i" -lt "$COMP_CWORD" ]; then option=''; fi
    elif [ "$typed $word" != ' --' ] && _testamurd_command "${typed:+$typed }$word"; then
      typed="${typed:+$typed }$word"
    else
      _testamurd_command "$typed"
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
complete -F _testamurd testamurd
