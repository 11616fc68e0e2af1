# Three programs deep, somebody opens /dev/tty and asks, while the standard input is elsewhere.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Case;

unless (@ARGV) {
    open STDIN, '<', '/dev/null' or die $!;
    system 'sh', '-c', '"$0" "$1" deep; echo done', $^X, $0;
    exit;
}
open my $tty, '+<', '/dev/tty' or die $!;
syswrite $tty, 'Passphrase for key: ';
say_('process', $$);
say_('ready');
my $line = <$tty>;
