// Waits for a fact to become true without polling: whoever changes something calls wake().

export class Waiting {
    #looks = new Set();

    wake() {
        for (const look of this.#looks) look();
    }

    // Resolves with the first truthy value of `look()`, or null when `ms` passed.
    until(look, ms) {
        return new Promise((done) => {
            const finish = (value) => {
                clearTimeout(timer);
                this.#looks.delete(again);
                done(value);
            };
            const again = () => {
                const value = look();
                if (value) finish(value);
            };
            const timer = setTimeout(() => finish(null), ms);
            this.#looks.add(again);
            again();
        });
    }
}
