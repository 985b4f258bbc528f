# bash completion for counterfoil: made from its table of commands by `counterfoil completion bash`.
# shellcheck shell=bash

# What each flag and argument of a command wants: no value, text, a file, a folder, or a|b; =a|b only behind '='.
_counterfoil_verbs() {
	case $1 in@VERBS@
	help) verbs='@NOUNS@' ;;
	*) verbs='' ;;
	esac
}
_counterfoil_command() {
	flags='@GLOBALS@'
	case $1 in@COMMANDS@
	*) arguments='' ;;
	esac
}

# The kind of a flag, "text" when it is not known.
_counterfoil_kind() {
	local word
	kind=text
	for word in $flags; do
		if [ "${word%%:*}" = "$1" ]; then
			kind=${word#*:}
		fi
	done
}

# Words that stand at the cursor, of what is offered.
_counterfoil_offer() {
	case $1 in
	file)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$2")
		;;
	folder)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$2")
		;;
	text | no | '') ;;
	*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$2") ;;
	esac
}

_counterfoil() {
	local nouns='@NOUNS@help' noun='' verb='' verbs='' flags='' arguments='' kind='' wants='' word i
	local -i given=0
	local -a words=()
	_counterfoil_command ''
	# Bash parts words at ':' and '='; a URL is one again here.
	for ((i = 1; i <= COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ "${#words[@]}" -gt 0 ] && { [ "${word:0:1}" = : ] || [ "${words[-1]: -1}" = : ]; }; then
			words[-1]+=$word
		else
			words+=("$word")
		fi
	done
	local current=${words[-1]}
	unset 'words[-1]'
	for ((i = 0; i < ${#words[@]}; i++)); do
		word=${words[i]}
		if [ -n "$wants" ]; then
			[ "$word" = = ] || wants=''
			continue
		fi
		case $word in
		-*)
			_counterfoil_kind "$word"
			case $kind in
			no) ;;
			=*) [ "${words[i + 1]-$current}" != = ] || wants=${kind#=} ;;
			*) wants=$kind ;;
			esac
			;;
		*)
			if [ -z "$noun" ]; then
				noun=$word
				_counterfoil_verbs "$noun"
				_counterfoil_command "$noun"
			elif [ -n "$verbs" ] && [ -z "$verb" ]; then
				verb=$word
				if [ "$noun" = help ]; then
					_counterfoil_verbs "$verb"
					noun=$verb verb=''
				else
					_counterfoil_command "$noun $verb"
				fi
			else
				given+=1
			fi
			;;
		esac
	done
	[ "$current" != = ] || current=''
	COMPREPLY=()
	read -r -a words <<<"$arguments"
	if [ -n "$wants" ]; then
		_counterfoil_offer "$wants" "$current"
	elif [ -z "$noun" ] && [ "${current:0:1}" != - ]; then
		_counterfoil_offer "$nouns" "$current"
	elif [ -n "$verbs" ] && [ -z "$verb" ] && [ "${current:0:1}" != - ]; then
		_counterfoil_offer "$verbs" "$current"
	elif [ "$given" -lt "${#words[@]}" ] && [ "${current:0:1}" != - ]; then
		_counterfoil_offer "${words[given]}" "$current"
	else
		words=()
		for word in $flags; do
			words+=("${word%%:*}")
		done
		mapfile -t COMPREPLY < <(compgen -W "${words[*]}" -- "$current")
	fi
}

complete -F _counterfoil counterfoil
