// A thread spins on a field that nobody sets.
import java.nio.file.*;

public class Spin {
    static volatile boolean done;

    public static void main(String[] words) throws Exception {
        Thread waits = new Thread(() -> { while (!done) {} });
        waits.start();
        Thread.sleep(500);
        say("process " + ProcessHandle.current().pid());
        say("ready");
        waits.join();
    }

    static void say(String line) throws Exception {
        Files.writeString(Path.of(System.getenv("CASE_TRUTH")), line + "\n", StandardOpenOption.APPEND);
    }
}
