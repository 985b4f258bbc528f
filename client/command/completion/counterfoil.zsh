#compdef counterfoil
# zsh completion for counterfoil: made from its table of commands by `counterfoil completion zsh`.

_counterfoil() {
	local noun='' verb='' word
	local -i i skip=0 noun_at=0 verb_at=0
	local -a specs nouns verbs valued
	valued=(@VALUED@)
	nouns=(@NOUNS@)
	specs=(@GLOBALS@)
	for ((i = 2; i < CURRENT; i++)); do
		word=$words[i]
		if ((skip)); then
			skip=0
		elif [[ $word == -* ]]; then
			((${valued[(Ie)$word]})) && skip=1
		elif ((!noun_at)); then
			noun=$word noun_at=i
			case $noun in@VERBS@
			esac
		elif ((!verb_at && $#verbs)); then
			verb=$word verb_at=i
		fi
	done
	# What is told apart already is taken out, so that arguments are counted from behind it.
	if ((verb_at)); then
		words[verb_at]=() CURRENT=$((CURRENT - 1))
	fi
	if ((noun_at)); then
		words[noun_at]=() CURRENT=$((CURRENT - 1))
	fi
	if ((!noun_at)); then
		specs+=('1:command:{_describe command nouns}')
	elif (($#verbs && !verb_at)); then
		specs+=('1:verb:{_describe verb verbs}')
	else
		case "$noun $verb" in@COMMANDS@
		esac
	fi
	_arguments -S $specs
}

_counterfoil "$@"
