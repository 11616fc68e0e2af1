# How a case in Perl tells the runner the truth about itself; see ../run.py.
package Case;
use strict;
use warnings;
use Exporter 'import';
our @EXPORT = qw(say_ nap);

sub say_ {
    open my $f, '>>', $ENV{CASE_TRUTH} || '/dev/stderr' or die $!;
    print $f "@_\n";
    close $f;
}

sub nap { select undef, undef, undef, shift }

1;
