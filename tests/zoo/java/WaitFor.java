// Process.waitFor() without reading what the program writes.
import java.nio.file.*;

public class WaitFor {
    public static void main(String[] words) throws Exception {
        Process seq = new ProcessBuilder("seq", "1", "10000000").start();
        say("process " + ProcessHandle.current().pid());
        say("process " + seq.pid());
        say("ready");
        seq.waitFor();
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
