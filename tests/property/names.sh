#!/bin/bash
# A sample's name reaches a child byte for byte, whatever it holds: random names
# (fixed seed) in every place of a command where a value may stand.
# usage: names.sh PATH_TO_FQRUN [SEED [COUNT]]
set -uo pipefail
fqrun=$(realpath -- "${1:?usage: names.sh PATH_TO_FQRUN [SEED [COUNT]]}")
seed=${2-20240607} count=${3-60}
work=$(mktemp -d) || exit
trap 'rm -rf -- "$work"' EXIT
cd "$work" || exit
export LC_ALL=C
unset MAKEFLAGS

# What a key of [samples] can hold: no NUL, newline, `/`, `=`, `:`; no blank at its
# ends, and nothing in front that begins another kind of line. In half of them
# pieces of shell syntax stand between the bytes. Each ends in a NUL.
perl -e '
    my ($seed, $count) = @ARGV;
    srand $seed;
    my @pieces = (";touch PWNED;", "\$(touch PWNED)", "`touch PWNED`", "\x27", "\"", "\\", "\$HOME", "*",
        "&touch PWNED&", "|touch PWNED|", "{a,b}", "{sample}", "#", "!x", "~", "  ", "\t", "EOF", "%s%n", ">PWNED",
        "\x27;touch PWNED;\x27", "\";touch PWNED;\"", "\${x}", "\r", "\e[31m", "\xc3\xa9", "\\n", "<(touch PWNED)");
    my @names = ("x;touch PWNED", "\$(touch PWNED)", "it\x27s", "a b", "EOF", "...", "~", "*", "\\", "\"", "\x27", "\r",
        "a\rb", "{sample}", "\xff\xfe", "n" x 200, "@", "+x", "%", "\$", "!!", "a\\", "a#b ;c");
    my %seen = map { $_ => 1 } @names;
    while (@names < $count) {
        my $most = 1 + int rand(rand() < 0.2 ? 200 : 24);
        my $name = "";
        while (length $name < $most) {
            $name .= @names % 2 && rand() < 0.3 ? $pieces[rand @pieces] : chr(1 + int rand 255);
        }
        $name =~ tr{\n/=:}{}d;
        $name = substr $name, 0, 200;
        $name =~ s/^[-;#\[ \t]+//;
        $name =~ s/[ \t]+$//;
        next if $name eq "" || $name eq "." || $name eq ".." || $seen{$name}++;
        push @names, $name;
    }
    print map { "$_\0" } @names;
' "$seed" "$count" >names

# shellcheck disable=SC2016 # it is the child that expands these
printf '#!/bin/sh\nprintf %%s "$2" >"$1"\n' >put
chmod +x put
{
    printf '[samples]\n'
    perl -0 -ne 'chomp; print "$_ =\n"' names
    cat <<'INI'
[task bare]
command = printf %s {sample} > {output}
output  = out/bare/{sample}
[task double]
command = printf %s "<{sample}>" > "{output}"
output  = out/double/{sample}
[task glued]
command = printf %s a{sample}'b'"{sample}" > {output}
output  = out/glued/{sample}
[task substitution]
command = printf %s "$(printf %s. {sample})"$(printf x "{sample}") > {output}
output  = out/substitution/{sample}
[task subshell]
command = ( printf %s {sample}; cat <(printf %s "{sample}") ) > {output}
output  = out/subshell/{sample}
[task here]
command =
  cat > {output} <<EOF
  {sample}
  <{sample}>
  EOF
output  = out/here/{sample}
[task direct]
command = ./put {output} {sample}
output  = out/direct/{sample}
[task direct-glued]
command = ./put out/direct-glued/{sample} a{sample}b
output  = out/direct-glued/{sample}
[task environment]
env     = NAME={sample} MORE='<{sample} >'
command = printf '%s%s' "$NAME" "$MORE" > {output}
output  = out/environment/{sample}
[task told]
command = printf %s "$FQRUN_SAMPLE" > {output}
output  = out/told/{sample}
[task function]
setup   = keep() { printf %s "$#" "$@" > {output}; }
command = keep {sample} "{sample}"
output  = out/function/{sample}
[task joined]
command = printf %s {sample:,} > {output}
output  = out/joined/{sample}
[task listed]
command = cat {sample:list} {sample:list0} > {output}
output  = out/listed/{sample}
[task followed]
command = cat {bare.output} "{double.output}" > {output}
output  = out/followed/{sample}.x
[task plain-sh]
shell   = sh
command = printf %s {sample} "{sample}" "$(printf %s. {sample})" > {output}
output  = out/plain-sh/{sample}
[task here-sh]
shell   = sh
command =
  cat > {output} <<EOF
  {sample}
  EOF
output  = out/here-sh/{sample}
INI
} >qc.ini

failed=0
if ! "$fqrun" -q -j 4 >said 2>&1; then
    printf 'FAILED: seed %s: fqrun: exit not 0\n' "$seed"
    head -c 4000 said | cat -v
    failed=1
fi

# What each task must have written, N is the name.
perl -0 -e '
    my %right = (bare => "N", double => "<N>", glued => "aNbN", substitution => "N.x", subshell => "NN",
        here => "N\n<N>\n", direct => "N", "direct-glued" => "aNb", environment => "N<N >", told => "N",
        function => "2NN", joined => "N", listed => "N\nN\0", "followed" => "N<N>", "plain-sh" => "NNN.",
        "here-sh" => "N\n");
    my ($wrong, $files) = (0, 0);
    open my $names, "<", "names" or die;
    while (my $name = <$names>) {
        chomp $name;
        for my $task (sort keys %right) {
            my $path = "out/$task/$name" . ($task eq "followed" ? ".x" : "");
            (my $text = $right{$task}) =~ s/N/$name/g;
            my $got = "(no file)";
            if (open my $file, "<", $path) {
                local $/;
                $got = <$file>;
                $files++;
            }
            next if defined $got && $got eq $text;
            $wrong++ < 5 and print "FAILED: $task: got ", unpack("H*", $got // ""), ", expected ", unpack("H*", $text), "\n";
        }
    }
    print "$wrong of the files are wrong\n" if $wrong;
    exit($wrong || !$files ? 1 : 0);
' || failed=1

# Nothing ran, and no name led out of its folder.
if [[ $(find . -name PWNED -print -quit) ]]; then
    printf 'FAILED: seed %s: a name was run\n' "$seed"
    failed=1
fi
tasks=$(grep -c '^\[task' qc.ini)
made=$(find out -type f -print0 | tr -cd '\0' | wc -c)
if [[ $made != $((tasks * count)) ]]; then
    printf 'FAILED: seed %s: %s files, expected %s\n' "$seed" "$made" "$((tasks * count))"
    failed=1
fi
[[ $(find . -maxdepth 1 ! -name .fqrun | sort | tr '\n' ' ') == '. ./names ./out ./put ./qc.ini ./said ' ]] || {
    printf 'FAILED: seed %s: more files than there should be: %s\n' "$seed" "$(find . -maxdepth 1 | cat -v)"
    failed=1
}

# And all of it is up to date.
"$fqrun" -n >said 2>&1
if ! grep -q "0 jobs would run, $((tasks * count)) up to date" said; then
    printf 'FAILED: seed %s: a second run would do something: %s\n' "$seed" "$(tail -n 3 said | cat -v)"
    failed=1
fi
exit "$failed"
